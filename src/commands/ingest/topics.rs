//! `openbooks ingest topics`.

use crate::cli::Output;
use crate::settings::Settings;
use crate::show;
use anyhow::Result;
use ingest::kafka::{Found, create, spec_of};
use serde_json::json;
use warehouse::types::Topic;

/// Makes and checks both topics.
pub async fn topics(settings: &Settings, output: Output) -> Result<()> {
    let (broker, network) = (settings.broker()?, settings.ingest_network());
    for topic in Topic::ALL {
        let (found, advice) = create(&broker, &network, topic).await?;
        let partitions = spec_of(&network, topic).partitions;
        let made = found == Found::Made;
        let advised: Vec<_> = advice
            .iter()
            .map(|advice| json!({ "name": advice.name, "found": advice.found, "advised": advice.advised }))
            .collect();
        let document = json!({
            "topic": topic.name(), "partitions": partitions, "made": made, "differs_from_advice": advised,
        });
        show::print(output, &document, || {
            let mut text = format!("{topic}: {}, {partitions} partitions", if made { "made" } else { "as it must be" });
            for advice in &advice {
                text.push_str(&format!("\n  {} is {:?}, advised is {:?}", advice.name, advice.found, advice.advised));
            }
            text
        })?;
    }
    if matches!(output, Output::Text) {
        show::print(output, &json!({}), || ACL_ADVICE.into())?;
    }
    Ok(())
}

const ACL_ADVICE: &str = "who needs what, where the broker has ACLs:
  the gateway and nodes that produce:  Write on openbooks.receipts.v1, IdempotentWrite on the cluster
  the indexer:                         Write and Read on openbooks.chain-events.v1, IdempotentWrite on the cluster
  the settler (ingest close):          Write on openbooks.receipts.v1
  the sink:                            Read and DescribeConfigs on both topics, Read on its group
  nobody else writes, nobody deletes records or alters topics";
