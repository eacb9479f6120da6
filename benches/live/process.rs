//! What a process takes, as Linux counts it.

use std::process::Child;
use std::time::{Duration, Instant};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Ticks of /proc in a second, on every Linux that runs this.
const TICKS: f64 = 100.0;

/// Seconds of CPU that a process took so far.
pub(crate) fn cpu_s(id: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}

/// Megabytes of memory that it holds.
pub(crate) fn resident_mb(id: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}

/// How a process went.
pub(crate) struct Went {
    pub(crate) wall_s: f64,
    pub(crate) cpu_s: f64,
    pub(crate) resident_mb: Vec<f64>,
}

/// Watches a process until it ends, which must be well.
pub(crate) fn watch(mut process: Child) -> Went {
    let (began, id) = (Instant::now(), process.id());
    let (mut cpu, mut resident) = (0.0, Vec::new());
    loop {
        if let Some(status) = process.try_wait().expect("the process is ours") {
            assert!(status.success(), "it ended with {status}");
            return Went { wall_s: began.elapsed().as_secs_f64(), cpu_s: cpu, resident_mb: resident };
        }
        cpu = cpu_s(id).unwrap_or(cpu);
        resident.extend(resident_mb(id));
        std::thread::sleep(LOOK_EVERY);
    }
}
