//! What answers network requests: read only, over the tables.
//! So far it holds the shapes that leave the house as JSON; routes come with `openbooks serve`.
//! It promises never to call the pipeline: proofs and explanations are tables and views by the time it reads them.

pub mod wire;
