//! The sign of life of a long-running command: when it last did a turn, and what it waits for.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Shared between the command and whoever asks after it.
#[derive(Clone, Debug)]
pub struct Pulse(Arc<Mutex<Beat>>);

#[derive(Debug)]
struct Beat {
    at: Instant,
    paused: Vec<String>,
    waits_for: Option<&'static str>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Beat { at: Instant::now(), paused: Vec::new(), waits_for: None })))
    }
}

impl Pulse {
    /// A turn was done; these partitions are paused.
    pub fn beat(&self, paused: impl Iterator<Item = String>) {
        if let Ok(mut beat) = self.0.lock() {
            *beat = Beat { at: Instant::now(), paused: paused.collect(), waits_for: None };
        }
    }

    /// A turn was done, but it is not ready for work before something else is.
    pub fn wait_for(&self, what: &'static str) {
        if let Ok(mut beat) = self.0.lock() {
            *beat = Beat { at: Instant::now(), paused: Vec::new(), waits_for: Some(what) };
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

    /// What it waits for.
    pub fn waits_for(&self) -> Option<&'static str> {
        self.0.lock().ok().and_then(|beat| beat.waits_for)
    }
}
