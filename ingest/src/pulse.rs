//! The sign of life of a long-running command: when it last did a turn, and what it paused.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Shared between the command and whoever asks after it.
#[derive(Clone, Debug)]
pub struct Pulse(Arc<Mutex<Beat>>);

#[derive(Debug)]
struct Beat {
    at: Instant,
    paused: Vec<String>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Beat { at: Instant::now(), paused: Vec::new() })))
    }
}

impl Pulse {
    /// A turn was done; these partitions are paused.
    pub fn beat(&self, paused: impl Iterator<Item = String>) {
        if let Ok(mut beat) = self.0.lock() {
            *beat = Beat { at: Instant::now(), paused: paused.collect() };
        }
    }

    /// How long ago the last turn was.
    pub fn age(&self) -> Duration {
        self.0.lock().map_or(Duration::MAX, |beat| beat.at.elapsed())
    }

    /// Partitions that are paused.
    pub fn paused(&self) -> Vec<String> {
        self.0.lock().map(|beat| beat.paused.clone()).unwrap_or_default()
    }
}
