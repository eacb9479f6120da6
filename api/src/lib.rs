//! What answers network requests: the accept loop and its limits, problems, and the shapes that leave the house as JSON.
//! The gateway's routes are the command's; those over the tables come with `openbooks serve`.
//! It promises never to call the pipeline: proofs and explanations are tables and views by the time it reads them.

pub mod problem;
pub mod rate;
pub mod serving;
pub mod wire;
