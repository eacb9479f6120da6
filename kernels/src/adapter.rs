//! Finding and opening an adapter of wgpu, without a panic where there is no driver.

use std::sync::{Mutex, OnceLock, PoisonError};

use cubecl::Device;
use cubecl::client::Client;
use cubecl::device::{WgpuBackend, WgpuDevice, WgpuDeviceKind};
use cubecl::future::block_on;
use cubecl::wgpu::wgpu::{AdapterInfo, Backend, Backends, DeviceType, Instance, InstanceDescriptor};
use cubecl::wgpu::{AutoGraphicsApi, RuntimeOptions, WgpuInitError, try_init_setup};

use crate::{Error, influence};

/// An adapter of wgpu that was opened and has computed rightly.
#[derive(Clone, Debug)]
pub struct Adapter {
    device: WgpuDevice,
    name: String,
}

impl Adapter {
    /// The first GPU, discrete before integrated before virtual, that opens and computes rightly.
    #[must_use]
    pub fn gpu() -> Option<Self> {
        found().iter().filter(|device| device.kind != WgpuDeviceKind::Cpu).find_map(|device| Self::open(device).ok())
    }

    /// The best adapter: a GPU if there is one, else a software rasteriser.
    ///
    /// # Errors
    /// [`Error::NoAdapter`], [`Error::Open`], [`Error::TooSmall`], [`Error::WrongResult`], [`Error::Launch`].
    pub fn best() -> Result<Self, Error> {
        Self::open(found().first().ok_or(Error::NoAdapter)?)
    }

    /// The adapter as its driver names it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A client to launch kernels with.
    pub(crate) fn client(&self) -> Client {
        Device::Wgpu(self.device.clone()).client()
    }

    /// The most iterations that the loops of a unit may take together.
    /// Mesa's software rasterisers leave every loop, without an error, after 65,535 in one launch;
    /// the bounds of a shape keep one tile of rows well below.
    pub(crate) fn loop_iterations_max(&self) -> usize {
        if self.device.kind == WgpuDeviceKind::Cpu { 65_535 } else { usize::MAX }
    }

    /// Opens an adapter, once a process, and puts the known question to it.
    fn open(device: &WgpuDevice) -> Result<Self, Error> {
        static OPENED: Mutex<Vec<Adapter>> = Mutex::new(Vec::new());
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(adapter) = opened.iter().find(|adapter| adapter.device == *device) {
            return Ok(adapter.clone());
        }
        init(device).map_err(|source| Error::Open { adapter: format!("{:?}", device.kind), source: source.into() })?;
        let mut adapter = Self { device: device.clone(), name: String::new() };
        adapter.name.clone_from(&adapter.client().properties().identity.name);
        influence::prove(&adapter)?;
        opened.push(adapter.clone());
        Ok(adapter)
    }
}

/// Acquires the device. `Device::client` would do so too, but with a panic where the driver refuses.
fn init(device: &WgpuDevice) -> Result<(), WgpuInitError> {
    match try_init_setup::<AutoGraphicsApi>(device, RuntimeOptions::try_default()?) {
        Ok(_) | Err(WgpuInitError::Registration { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The first adapter of each kind, best first; none where there is no driver.
/// OpenGL is not asked: it knows no GPU that Vulkan, Metal and DirectX do not.
fn found() -> &'static [WgpuDevice] {
    static FOUND: OnceLock<Vec<WgpuDevice>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let backends = Backends::VULKAN | Backends::METAL | Backends::DX12;
        let instance =
            Instance::new(InstanceDescriptor { backends, ..InstanceDescriptor::new_without_display_handle() });
        let adapters = block_on(instance.enumerate_adapters(backends));
        let mut ranked: Vec<_> = adapters.iter().filter_map(|adapter| ranked(&adapter.get_info())).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.dedup();
        ranked.into_iter().map(|(_, device)| device).collect()
    })
}

/// An adapter's place in the order of trying, and what CubeCL calls the first of its kind.
fn ranked(info: &AdapterInfo) -> Option<(u8, WgpuDevice)> {
    let backend = match info.backend {
        Backend::Vulkan => WgpuBackend::Vulkan,
        Backend::Metal => WgpuBackend::Metal,
        Backend::Dx12 => WgpuBackend::Dx12,
        Backend::Gl | Backend::BrowserWebGpu | Backend::Noop => return None,
    };
    let (rank, kind) = match info.device_type {
        DeviceType::DiscreteGpu => (0, WgpuDeviceKind::DiscreteGpu(0)),
        DeviceType::IntegratedGpu => (1, WgpuDeviceKind::IntegratedGpu(0)),
        DeviceType::VirtualGpu => (2, WgpuDeviceKind::VirtualGpu(0)),
        DeviceType::Cpu => (3, WgpuDeviceKind::Cpu),
        DeviceType::Other => return None,
    };
    Some((rank, WgpuDevice::new(kind).on(backend)))
}
