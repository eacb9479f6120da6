//! Where kernels run: on the CPU, always there, or on an adapter of wgpu (Vulkan, Metal, DirectX 12).

use std::fmt;
use std::num::NonZeroUsize;

use crate::{Adapter, Error};

/// Where kernels run. The choice changes the time a kernel takes, never its result.
#[derive(Clone, Debug)]
pub enum Runtime {
    /// This many threads of the CPU.
    Cpu {
        /// Threads a kernel starts.
        threads: NonZeroUsize,
    },
    /// One adapter of wgpu.
    Wgpu(Adapter),
}

impl Runtime {
    /// The first GPU that opens and computes rightly, else `threads` threads of the CPU.
    /// A software rasteriser is no GPU: the CPU's own path is faster.
    #[must_use]
    pub fn detect(threads: NonZeroUsize) -> Self {
        Adapter::gpu().map_or(Self::Cpu { threads }, Self::Wgpu)
    }

    /// The runtime of this name: `auto` is [`Runtime::detect`], `cpu` is `threads` threads,
    /// `wgpu` the best adapter there is, a software rasteriser if need be.
    ///
    /// # Errors
    /// [`Error::UnknownRuntime`]; for `wgpu` the errors of [`Adapter::best`].
    pub fn parse(name: &str, threads: NonZeroUsize) -> Result<Self, Error> {
        match name {
            "auto" => Ok(Self::detect(threads)),
            "cpu" => Ok(Self::Cpu { threads }),
            "wgpu" => Adapter::best().map(Self::Wgpu),
            _ => Err(Error::UnknownRuntime { name: name.into() }),
        }
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu { threads: NonZeroUsize::MIN } => write!(f, "cpu, 1 thread"),
            Self::Cpu { threads } => write!(f, "cpu, {threads} threads"),
            Self::Wgpu(adapter) => write!(f, "wgpu, {}", adapter.name()),
        }
    }
}
