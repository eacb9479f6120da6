//! One suite over every runtime of this machine, compared bit for bit with the reference.

use std::num::NonZeroUsize;

use proptest::prelude::*;

use super::proof::noise;
use super::{CHECKPOINTS_MAX, EXPONENT_MAX, Hit, PRODUCTS_MAX, Scored, Shape, Sketches, Split, TOP_K_MAX, reference};
use crate::{Adapter, Error, Runtime};

/// Sketches that own their values.
struct Owned {
    shape: Shape,
    values: Vec<i8>,
    exponents: Vec<u8>,
}

impl Owned {
    /// Noise with absolute values of at most `spread` and exponents of at most `exponent_max`.
    fn noise(seed: u64, rows: usize, (dimension, checkpoints): (usize, usize), spread: i8, exponent_max: u8) -> Self {
        let shape = Shape::new(dimension, checkpoints).expect("within bounds");
        let values = noise(seed).map(|byte| if spread == i8::MAX { byte } else { byte % (spread + 1) });
        let exponents = noise(!seed).map(|byte| byte.cast_unsigned() % (exponent_max + 1));
        let values = values.take(rows * shape.values()).collect();
        Self { shape, values, exponents: exponents.take(rows * checkpoints).collect() }
    }

    /// Rows that each hold one value everywhere, with one exponent.
    fn constant((dimension, checkpoints): (usize, usize), rows: &[(i8, u8)]) -> Self {
        let shape = Shape::new(dimension, checkpoints).expect("within bounds");
        let values = rows.iter().flat_map(|&(value, _)| vec![value; shape.values()]).collect();
        let exponents = rows.iter().flat_map(|&(_, exponent)| vec![exponent; checkpoints]).collect();
        Self { shape, values, exponents }
    }

    fn view(&self) -> Sketches<'_> {
        Sketches::new(self.shape, &self.values, &self.exponents).expect("within bounds")
    }
}

fn cpu(threads: usize) -> Runtime {
    Runtime::Cpu { threads: NonZeroUsize::new(threads).expect("at least one") }
}

/// The CPU with one, two and three threads, and an adapter where there is one.
fn runtimes() -> Vec<Runtime> {
    let mut runtimes: Vec<_> = [1, 2, 3].map(cpu).into();
    match Adapter::best() {
        Ok(adapter) => runtimes.push(Runtime::Wgpu(adapter)),
        Err(Error::NoAdapter) => println!("skips wgpu: no adapter on this machine"),
        Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
    }
    runtimes
}

/// Every runtime, cut in every way, returns what the reference returns.
fn check(queries: &Owned, index: &Owned, decoys: &Owned, top_k: usize) -> Vec<Scored> {
    let (queries, index, decoys) = (queries.view(), index.view(), decoys.view());
    let expected = reference::score_topk(queries, index, decoys, top_k);
    for runtime in runtimes() {
        for (piece_queries, piece_rows, cubes) in [(usize::MAX, usize::MAX, 1), (1024, 1 << 20, 512), (5, 130, 1)] {
            let split = Split { queries: piece_queries, rows: piece_rows, cubes };
            let scored = runtime.score_pieces(queries, index, decoys, top_k, split).expect("valid arguments");
            assert!(scored == expected, "{runtime} differs, {split:?}, {:?}", queries.shape());
        }
    }
    expected
}

#[test]
fn sizes_around_every_border_are_exact() {
    for (queries, rows, decoys) in
        [(1, 0, 1), (1, 1, 64), (15, 63, 1), (16, 64, 3), (17, 65, 2), (0, 65, 1), (3, 256, 1), (33, 257, 300)]
    {
        let shape = (8, 3);
        let [queries, index, decoys] =
            [(1, queries), (2, rows), (3, decoys)].map(|(seed, rows)| Owned::noise(seed, rows, shape, i8::MAX, 15));
        check(&queries, &index, &decoys, 10);
    }
}

#[test]
fn dimensions_that_fill_no_tile_or_vector_are_exact() {
    for dimension in [4, 8, 60, 64, 68, 256, 260] {
        for checkpoints in [1, 3] {
            let [queries, index, decoys] = [(4, 5), (5, 70), (6, 2)]
                .map(|(seed, rows)| Owned::noise(seed, rows, (dimension, checkpoints), i8::MAX, 15));
            check(&queries, &index, &decoys, 8);
        }
    }
}

#[test]
fn the_largest_sketches_with_the_largest_values_do_not_overflow() {
    for shape in [(PRODUCTS_MAX, 1), (PRODUCTS_MAX / CHECKPOINTS_MAX, CHECKPOINTS_MAX)] {
        let extremes = [(-128, 15), (127, 15), (-128, 0), (127, 0), (0, 15)];
        let queries = Owned::constant(shape, &extremes);
        let decoys = Owned::constant(shape, &[(127, 15), (-128, 15)]);
        let scored = check(&queries, &queries, &Owned::constant(shape, &[(0, 0)]), 5);
        assert_eq!(scored[0].top[0], Hit { position: 0, a: 1 << 60 });
        let scored = check(&queries, &queries, &decoys, 5);
        assert_eq!(scored[0].tau, 1 << 60);
        let scored = check(&Owned::constant(shape, &[(-128, 15)]), &queries, &Owned::constant(shape, &[(127, 15)]), 5);
        assert_eq!(scored[0].tau, -127 * 128 * (1 << 46));
    }
}

#[test]
fn sums_carry_between_the_halves_of_a_score() {
    let shape = Shape::new(4, 3).expect("within bounds");
    let one = |exponents: [u8; 3], signs: [i8; 3]| {
        (signs.iter().flat_map(|&sign| [sign, 0, 0, 0]).collect::<Vec<_>>(), exponents.to_vec())
    };
    let join = |rows: Vec<(Vec<i8>, Vec<u8>)>| {
        let (values, exponents): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        Owned { shape, values: values.concat(), exponents: exponents.concat() }
    };
    let mut rows = Vec::new();
    for (high, low) in [(15, 0), (15, 15), (0, 15), (7, 8)] {
        for signs in [[1, 1, 1], [1, -1, 1], [-1, 1, -1], [-1, -1, -1], [127, -128, 1], [-128, 127, -1]] {
            rows.push(one([high, low, high], signs));
        }
    }
    let queries = join(rows.clone());
    check(&queries, &join(rows), &join(vec![one([15; 3], [0; 3])]), TOP_K_MAX);
}

#[test]
fn equal_scores_go_to_the_earlier_row() {
    let shape = (4, 1);
    let queries = Owned::constant(shape, &[(1, 0); 3]);
    let index = Owned::constant(shape, &[(1, 3); 700]);
    let scored = check(&queries, &index, &Owned::constant(shape, &[(0, 0)]), 40);
    let expected: Vec<Hit> = (0..40).map(|position| Hit { position, a: 32 }).collect();
    assert!(scored.iter().all(|scored| scored.top == expected));
}

#[test]
fn rows_that_each_beat_all_before_them_are_exact() {
    // Score = row, 7 bits in each of two checkpoints; more tiles than a software rasteriser does in one launch.
    let (dimension, checkpoints, rows) = (256, 3, 6_000);
    let mut index = Owned::constant((dimension, checkpoints), &vec![(0, 0); rows]);
    for row in 0..rows {
        let sketch = &mut index.values[row * dimension * checkpoints..];
        sketch[0] = i8::try_from(row % 128).expect("7 bits");
        sketch[dimension] = i8::try_from(row / 128).expect("7 bits");
        index.exponents[row * checkpoints + 1] = 7;
    }
    let queries = Owned::constant((dimension, checkpoints), &[(1, 0)]);
    let scored = check(&queries, &index, &Owned::constant((dimension, checkpoints), &[(0, 0)]), TOP_K_MAX);
    assert_eq!(scored[0].top[63], Hit { position: 5_936, a: 5_936 });
}

#[test]
fn many_ties_and_exact_duplicates_keep_their_order() {
    let shape = (8, 3);
    let queries = Owned::noise(7, 18, shape, 1, 1);
    let mut index = Owned::noise(8, 300, shape, 1, 1);
    index.values.extend_from_within(..100 * 24);
    index.exponents.extend_from_within(..100 * 3);
    for top_k in [1, 2, 17, TOP_K_MAX] {
        check(&queries, &index, &Owned::noise(9, 1, shape, 1, 0), top_k);
    }
}

#[test]
fn a_row_that_only_equals_the_decoy_does_not_count() {
    let shape = (4, 1);
    let queries = Owned::constant(shape, &[(1, 0), (-1, 0)]);
    let index = Owned::constant(shape, &[(3, 0), (2, 0), (-3, 0)]);
    let scored = check(&queries, &index, &Owned::constant(shape, &[(2, 0), (-2, 0)]), 3);
    assert_eq!(scored[0], Scored { tau: 8, top: vec![Hit { position: 0, a: 4 }] });
    assert_eq!(scored[1], Scored { tau: 8, top: vec![Hit { position: 2, a: 4 }] });
}

#[test]
fn fewer_rows_than_asked_for_are_all_returned() {
    let shape = (4, 2);
    let index = Owned::constant(shape, &[(1, 0), (3, 0), (2, 0)]);
    let scored = check(&Owned::constant(shape, &[(1, 1)]), &index, &Owned::constant(shape, &[(-1, 0)]), TOP_K_MAX);
    let positions: Vec<u32> = scored[0].top.iter().map(|hit| hit.position).collect();
    assert_eq!(positions, [1, 2, 0]);
}

#[test]
fn arguments_on_their_bounds_are_taken_and_one_past_refused() {
    let rows = |shape, count| Owned::constant(shape, &vec![(1, 0); count]);
    let (queries, decoys) = (rows((4, 2), 1), rows((4, 2), 1));
    for runtime in runtimes() {
        let top = |top_k| runtime.score_topk(queries.view(), queries.view(), decoys.view(), top_k);
        assert!(top(1).is_ok() && top(TOP_K_MAX).is_ok());
        assert!(matches!(top(0), Err(Error::TopK { top_k: 0 })));
        assert!(matches!(top(TOP_K_MAX + 1), Err(Error::TopK { top_k: 65 })));
        let none = rows((4, 2), 0);
        assert!(matches!(runtime.score_topk(queries.view(), queries.view(), none.view(), 1), Err(Error::NoDecoys)));
        for other in [rows((8, 2), 1), rows((4, 1), 1)] {
            let result = runtime.score_topk(queries.view(), other.view(), decoys.view(), 1);
            assert!(matches!(result, Err(Error::OtherShape { rows: "index" })));
            let result = runtime.score_topk(queries.view(), queries.view(), other.view(), 1);
            assert!(matches!(result, Err(Error::OtherShape { rows: "decoys" })));
        }
    }
}

#[test]
fn sketches_out_of_bounds_are_refused() {
    for (dimension, checkpoints) in [
        (0, 1),
        (4, 0),
        (2, 1),
        (6, 1),
        (PRODUCTS_MAX + 4, 1),
        (PRODUCTS_MAX, 2),
        (4, CHECKPOINTS_MAX + 1),
        (usize::MAX - 3, 8),
    ] {
        assert!(matches!(Shape::new(dimension, checkpoints), Err(Error::Shape { .. })), "{dimension} {checkpoints}");
    }
    let shape = Shape::new(4, 2).expect("within bounds");
    assert_eq!(Sketches::new(shape, &[0; 8], &[EXPONENT_MAX, 0]).map(Sketches::len).ok(), Some(1));
    assert!(matches!(
        Sketches::new(shape, &[0; 8], &[0, 16]),
        Err(Error::Exponent { exponent: 16, row: 0, checkpoint: 1 })
    ));
    assert!(matches!(Sketches::new(shape, &[0; 12], &[0; 3]), Err(Error::Exponents { exponents: 3, checkpoints: 2 })));
    assert!(matches!(Sketches::new(shape, &[0; 9], &[0; 2]), Err(Error::Values { values: 9, expected: 8 })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_shape_split_or_number_of_threads_changes_a_result(
        seed in any::<u64>(),
        (dimension, checkpoints) in (1..20usize, 1..4usize),
        (query_count, row_count, decoy_count) in (0..40usize, 0..900usize, 1..5usize),
        (spread, exponent_max) in (prop_oneof![Just(1i8), Just(9), Just(i8::MAX)], 0..=EXPONENT_MAX),
        top_k in 1..=TOP_K_MAX,
        (piece_queries, piece_rows, cubes, threads) in (1..50usize, 1..1000usize, 1..9usize, 1..9usize),
    ) {
        let shape = (4 * dimension, checkpoints);
        let owned = |salt: u64, rows| Owned::noise(seed ^ salt, rows, shape, spread, exponent_max);
        let (queries, index, decoys) = (owned(1, query_count), owned(2, row_count), owned(3, decoy_count));
        let (queries, index, decoys) = (queries.view(), index.view(), decoys.view());
        let expected = reference::score_topk(queries, index, decoys, top_k);
        let split = Split { queries: piece_queries, rows: piece_rows, cubes };
        let adapter = Adapter::best().ok().map(Runtime::Wgpu);
        for runtime in [Some(cpu(threads)), adapter].into_iter().flatten() {
            let scored = runtime.score_pieces(queries, index, decoys, top_k, split).expect("valid arguments");
            prop_assert_eq!(&scored, &expected, "{} {:?}", runtime, split);
        }
    }
}
