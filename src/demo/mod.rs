//! What the demo tells of its two nights, read back from the tables that they left.

mod night;
pub mod onchain;
mod story;
mod text;

pub use night::Night;
pub use story::Story;
pub use text::text;
