//! Choosing a runtime by name, also on a machine without a driver.

use std::num::NonZeroUsize;
use std::process::Command;

use kernels::{Adapter, Error, Runtime};

const THREADS: NonZeroUsize = NonZeroUsize::MIN;

#[test]
fn the_cpu_is_always_there() {
    let runtime = Runtime::parse("cpu", THREADS).expect("always there");
    assert_eq!(runtime.to_string(), "cpu, 1 thread");
}

#[test]
fn auto_takes_a_gpu_and_never_a_software_rasteriser() {
    let auto = Runtime::parse("auto", THREADS).expect("always there");
    match Adapter::gpu() {
        Some(gpu) => assert_eq!(auto.to_string(), format!("wgpu, {}", gpu.name())),
        None => assert_eq!(auto.to_string(), "cpu, 1 thread"),
    }
}

#[test]
fn another_name_is_refused() {
    for name in ["", "gpu", "CPU", "cuda"] {
        let error = Runtime::parse(name, THREADS).expect_err("no such runtime");
        assert_eq!(error.to_string(), format!("runtime {name:?} is none of auto, cpu, wgpu"));
        assert!(!error.is_retryable());
    }
}

/// Vulkan's loader is told of no driver, in a process of its own: this test, run again.
#[test]
#[cfg(target_os = "linux")]
fn a_machine_without_a_driver_has_no_adapter() {
    const WITHOUT: &str = "KERNELS_TEST_WITHOUT_DRIVER";
    if std::env::var_os(WITHOUT).is_some() {
        assert!(matches!(Runtime::parse("wgpu", THREADS), Err(Error::NoAdapter)));
        assert!(matches!(Runtime::detect(THREADS), Runtime::Cpu { .. }));
        return;
    }
    let this = std::env::current_exe().expect("known");
    let output = Command::new(this)
        .args(["--exact", "a_machine_without_a_driver_has_no_adapter"])
        .env(WITHOUT, "1")
        .env("VK_DRIVER_FILES", "/nonexistent")
        .env("VK_ICD_FILENAMES", "/nonexistent")
        .output()
        .expect("runs");
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
}
