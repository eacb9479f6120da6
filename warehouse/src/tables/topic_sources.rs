//! Table `topic_sources`: Which cluster each topic's records are of: another log is never taken for this one.

use crate::table;
use crate::types::Topic;

table! {
    /// Which cluster each topic's records are of: another log is never taken for this one.
    #[table(name = "topic_sources", version = 1, writer = "ingest", grain = "a topic that was read from a broker", layout = Whole, key = [topic])]
    pub struct TopicSource {
        /// The topic.
        pub topic: Topic,
        /// Id of the cluster.
        pub cluster: String,
        /// Partitions of the topic.
        pub partitions: u32,
    }
}
