//! Events from real servers: a backlog of a broker into tables, beside librdkafka's own read of it; the delay from
//! produce to a visible row; the gateway beside a producer; the indexer beside a plain read of the headers.
//! Prints a table and writes `target/bench/live.json`. What each contestant reached is compared with what was made.
#![expect(clippy::float_arithmetic, reason = "times are divided")]
#![expect(clippy::cast_precision_loss, reason = "counts are small")]

#[path = "../../tests/demo/mod.rs"]
mod demo;
#[path = "../../tests/live/mod.rs"]
mod live;
#[path = "../../tests/servers/mod.rs"]
mod servers;
#[path = "../../tests/serving/mod.rs"]
mod serving;

mod backlog;
mod blocks;
mod delay;
mod posts;
mod process;

use serde_json::{Value, json};
use std::path::Path;

/// One line of the table.
struct Line {
    work: String,
    ours: f64,
    peer: &'static str,
    theirs: Option<f64>,
    unit: &'static str,
    /// The least ratio to the peer, or the most of ours where there is no peer.
    aim: Option<f64>,
}

impl Line {
    fn ratio(&self) -> Option<f64> {
        self.theirs.map(|theirs| self.ours / theirs)
    }

    fn met(&self) -> Option<bool> {
        self.aim.map(|aim| self.ratio().map_or(self.ours <= aim, |ratio| ratio >= aim))
    }

    fn print(&self) {
        let or_dash = |value: Option<f64>| value.map_or_else(|| "-".into(), |value| format!("{value:.2}"));
        let met = self.met().map_or("", |met| if met { "met" } else { "short" });
        let (ours, theirs, ratio, aim) = (self.ours, or_dash(self.theirs), or_dash(self.ratio()), or_dash(self.aim));
        println!("{:<58}{ours:>12.2}{theirs:>12}{ratio:>8}{aim:>8}  {} {met} {}", self.work, self.unit, self.peer);
    }

    fn document(&self) -> Value {
        let rounded = |value: f64| (100.0 * value).round() / 100.0;
        json!({
            "work": self.work,
            "ours": rounded(self.ours),
            "peer": self.peer,
            "theirs": self.theirs.map(rounded),
            "unit": self.unit,
            "ratio": self.ratio().map(rounded),
            "aim": self.aim,
            "met": self.met(),
        })
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut lines = Vec::new();
    println!("{:<58}{:>12}{:>12}{:>8}{:>8}", "work", "ours", "peer", "ratio", "aim");
    runtime.block_on(async {
        let mut told = |part: Vec<Line>| {
            part.iter().for_each(Line::print);
            lines.extend(part);
        };
        told(backlog::run().await);
        told(delay::run().await);
        told(posts::run().await);
        told(blocks::run().await);
    });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder).expect("target/bench");
    let documents: Vec<Value> = lines.iter().map(Line::document).collect();
    let text = serde_json::to_string_pretty(&documents).expect("JSON") + "\n";
    std::fs::write(folder.join("live.json"), text).expect("target/bench/live.json");
}
