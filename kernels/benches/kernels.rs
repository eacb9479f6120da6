//! Influence scores with top-K on every runtime of this machine, beside what one would write with a matrix
//! library: a product of f32 matrices with the exponents multiplied in (ndarray), then a selection per query.
//! Prints a table and writes `target/bench/kernels.json`; every runtime's result is compared with the reference's.
#![expect(clippy::float_arithmetic, reason = "times are divided")]

use std::error::Error;
use std::fmt::Write;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

use kernels::influence::{Scored, Shape, Sketches, reference};
use kernels::{Adapter, Runtime};
use ndarray::Array2;

const DIMENSION: usize = 256;
const CHECKPOINTS: usize = 3;
const VALUES: usize = CHECKPOINTS * DIMENSION;
const QUERIES: usize = 512;
const ROWS: usize = 4096;
const DECOYS: usize = 64;
const TOP_K: usize = 32;
/// Queries that the reference scores; it takes the same time for each.
const REFERENCE_QUERIES: usize = 32;
/// Rounds in which each contestant runs once; its fastest run counts.
const ROUNDS: usize = 7;

/// One way to do the work.
struct Contestant<'a> {
    name: String,
    queries: usize,
    run: Box<dyn Fn() + 'a>,
    fastest: Duration,
}

impl<'a> Contestant<'a> {
    fn new(name: impl Into<String>, queries: usize, run: impl Fn() + 'a) -> Self {
        Self { name: name.into(), queries, run: Box::new(run), fastest: Duration::MAX }
    }

    /// Billions of products and of sums a second.
    fn speed(&self) -> f64 {
        let operations = u32::try_from(2 * self.queries * (ROWS + DECOYS)).expect("small");
        f64::from(operations) * f64::from(u16::try_from(VALUES).expect("small")) / self.fastest.as_secs_f64() / 1e9
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let data = [(1, QUERIES), (2, ROWS), (3, DECOYS)].map(|(seed, rows)| Data::noise(seed, rows));
    let [queries, index, decoys] = data.each_ref().map(Data::sketches);
    let few = data[0].head(REFERENCE_QUERIES);
    let matrices = data.each_ref().map(Data::matrix);
    let expected = reference::score_topk(few.sketches(), index, decoys, TOP_K);
    let check = |scored: &[Scored]| assert!(scored[..REFERENCE_QUERIES] == expected, "differs from the reference");

    let mut contestants = vec![
        Contestant::new("ndarray f32", QUERIES, || drop(matrix_topk(&matrices))),
        Contestant::new("reference", REFERENCE_QUERIES, || {
            check(&reference::score_topk(few.sketches(), index, decoys, TOP_K));
        }),
    ];
    let cpu = [1, 2].map(|threads| Runtime::Cpu { threads: NonZeroUsize::new(threads).expect("positive") });
    for runtime in cpu.into_iter().chain(Adapter::best().ok().map(Runtime::Wgpu)) {
        contestants.push(Contestant::new(runtime.to_string(), QUERIES, move || {
            check(&runtime.score_topk(queries, index, decoys, TOP_K).expect("valid arguments"));
        }));
    }
    for _ in 0..ROUNDS {
        for contestant in &mut contestants {
            let start = Instant::now();
            (contestant.run)();
            contestant.fastest = contestant.fastest.min(start.elapsed());
        }
    }
    report(&contestants)
}

/// Prints every speed and writes the comparisons that have an aim.
fn report(contestants: &[Contestant<'_>]) -> Result<(), Box<dyn Error>> {
    println!("{QUERIES} queries x {ROWS} rows x {CHECKPOINTS} checkpoints x {DIMENSION}, top {TOP_K}: GOP/s");
    for contestant in contestants {
        println!("{:44} {:8.1}", contestant.name, contestant.speed());
    }
    let mut comparisons = vec![(2, 0, 0.7), (3, 0, 1.2), (2, 1, 10.0)];
    if Adapter::gpu().is_some() {
        comparisons.push((4, 0, 10.0));
    }
    let mut json = String::from("[");
    for (at, (ours, peer, aim)) in comparisons.into_iter().enumerate() {
        let (ours, peer) = (&contestants[ours], &contestants[peer]);
        let ratio = ours.speed() / peer.speed();
        write!(
            json,
            "{}\n  {{\"work\": \"influence top-{TOP_K}, {}\", \"ours\": {:.1}, \"peer\": \"{}\", \"theirs\": {:.1}, \
             \"unit\": \"GOP/s\", \"ratio\": {ratio:.2}, \"aim\": {aim:.1}, \"met\": {}}}",
            if at == 0 { "" } else { "," },
            ours.name,
            ours.speed(),
            peer.name,
            peer.speed(),
            ratio >= aim,
        )?;
    }
    json.push_str("\n]\n");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("kernels.json"), &json)?;
    print!("{json}");
    Ok(())
}

/// Rows of random values with small exponents.
struct Data {
    values: Vec<i8>,
    exponents: Vec<u8>,
}

impl Data {
    fn noise(seed: u64, rows: usize) -> Self {
        let mut state = seed;
        let mut byte = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        };
        let values = (0..rows * VALUES).map(|_| byte().cast_signed()).collect();
        let exponents = (0..rows * CHECKPOINTS).map(|_| byte() % 4).collect();
        Self { values, exponents }
    }

    fn head(&self, rows: usize) -> Self {
        Self { values: self.values[..rows * VALUES].to_vec(), exponents: self.exponents[..rows * CHECKPOINTS].to_vec() }
    }

    fn sketches(&self) -> Sketches<'_> {
        let shape = Shape::new(DIMENSION, CHECKPOINTS).expect("within bounds");
        Sketches::new(shape, &self.values, &self.exponents).expect("within bounds")
    }

    fn matrix(&self) -> Array2<f32> {
        let sketches = self.values.chunks(DIMENSION).zip(&self.exponents);
        let scaled = sketches.flat_map(|(sketch, exponent)| {
            sketch.iter().map(move |&value| f32::from(value) * f32::from(1_u8 << exponent))
        });
        Array2::from_shape_vec((self.values.len() / VALUES, VALUES), scaled.collect()).expect("whole rows")
    }
}

/// The peer: the same work with rounding, all scores stored.
fn matrix_topk([queries, index, decoys]: &[Array2<f32>; 3]) -> Vec<Vec<(usize, f32)>> {
    let scores = queries.dot(&index.t());
    let decoys = queries.dot(&decoys.t());
    let order = |a: &(usize, f32), b: &(usize, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    let queries = scores.rows().into_iter().zip(decoys.rows());
    queries
        .map(|(scores, decoys)| {
            let tau = decoys.iter().copied().fold(f32::MIN, f32::max);
            let above = scores.iter().map(|score| score - tau).enumerate();
            let mut above: Vec<_> = above.filter(|&(_, a)| a > 0.0).collect();
            if above.len() > TOP_K {
                above.select_nth_unstable_by(TOP_K, order);
                above.truncate(TOP_K);
            }
            above.sort_unstable_by(order);
            above
        })
        .collect()
}
