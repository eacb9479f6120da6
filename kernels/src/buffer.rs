//! Memory of an adapter, in words. The one place where the length of a buffer is asserted to CubeCL.
#![allow(unsafe_code)]

use bytemuck::pod_collect_to_vec;
use cubecl::bytes::Bytes;
use cubecl::client::Client;
use cubecl::prelude::BufferArg;
use cubecl::server::Handle;

use crate::Cause;

/// A buffer of `u32`s on an adapter.
pub(crate) struct Buffer {
    handle: Handle,
    words: usize,
}

impl Buffer {
    /// A buffer with these bytes, a multiple of 4.
    pub(crate) fn upload(client: &Client, bytes: Vec<u8>) -> Self {
        let words = bytes.len() / size_of::<u32>();
        Self { handle: client.create(Bytes::from_bytes_vec(bytes)), words }
    }

    /// A buffer of so many words, to be written by a kernel.
    pub(crate) fn empty(client: &Client, words: usize) -> Self {
        Self { handle: client.empty(words * size_of::<u32>()), words }
    }

    /// The buffer as a kernel's argument of type `[u32]`.
    pub(crate) fn argument(&self) -> BufferArg {
        // SAFETY: the handle was made with exactly `words` words, and handles do not shrink.
        unsafe { BufferArg::from_raw_parts(self.handle.clone(), self.words) }
    }

    /// The words, once the launches before have ended; a launch's failure shows here.
    pub(crate) fn read(self, client: &Client) -> Result<Vec<u32>, Cause> {
        let bytes = client.read_one(self.handle)?;
        Ok(pod_collect_to_vec(&bytes))
    }
}
