//! `openbooks ingest close`: the settler's signed word that an epoch ends here, in every partition of the receipts.

use super::settler::Settler;
use crate::chain::KeyArgs;
use crate::cli::Output;
use crate::failure::NotReady;
use crate::settings::Settings;
use crate::show;
use anyhow::{Result, bail};
use ingest::kafka::{Producer, check_topic};
use ingest::signed_close;
use ingest::wire::receipts::v1::{ReceiptRecord, receipt_record};
use prost::Message;
use serde_json::json;
use warehouse::types::{Epoch, Partition, Topic};

/// Ends the epoch.
pub async fn close(settings: &Settings, output: Output, epoch: Epoch, key: &KeyArgs) -> Result<()> {
    let (broker, network) = (settings.broker()?, settings.ingest_network());
    let signer = Settler::open(key, settings)?;
    let ends_at = settings.network.calendar.ends_at(epoch);
    let now = chrono::Utc::now().timestamp_micros();
    if now < ends_at.0 {
        bail!(NotReady(format!("epoch {epoch} goes on for {} s more", (ends_at.0 - now).div_euclid(1_000_000) + 1)));
    }
    check_topic(&broker, &network, Topic::Receipts).await?;
    let producer = Producer::new(&broker)?;
    let mut places = Vec::new();
    for partition in (0..network.partitions(Topic::Receipts)).map(Partition) {
        let close = signed_close(&network, &signer, Topic::Receipts, partition, epoch).await?;
        let record = ReceiptRecord { body: Some(receipt_record::Body::Close(close)) };
        places.push(producer.place(Topic::Receipts, partition, b"", &record.encode_to_vec()).await?);
    }
    let document = json!({
        "epoch": epoch.to_string(),
        "closes": places
            .iter()
            .map(|place| json!({ "partition": place.partition.to_string(), "offset": place.offset.to_string() }))
            .collect::<Vec<_>>(),
    });
    show::print(output, &document, || {
        format!("epoch {epoch} is closed in {} partitions of {}", places.len(), Topic::Receipts)
    })
}
