//! `openbooks ingest close`: the settler's signed word that an epoch ends here, in every partition of the receipts.

use crate::chain::{KeyArgs, Signer};
use crate::cli::Output;
use crate::failure::{NotReady, Usage};
use crate::settings::Settings;
use crate::show;
use alloy::primitives::keccak256;
use anyhow::{Context, Result, bail};
use ingest::Network;
use ingest::kafka::{Producer, check_topic};
use ingest::wire::close::v1::{CloseContent, SignedClose};
use ingest::wire::receipts::v1::{ReceiptRecord, receipt_record};
use prost::Message;
use serde_json::json;
use warehouse::types::{Epoch, Partition, Topic};

/// Ends the epoch.
pub async fn close(settings: &Settings, output: Output, epoch: Epoch, key: &KeyArgs) -> Result<()> {
    let (broker, network) = (settings.broker()?, settings.ingest_network());
    let signer = Signer::open(key, &settings.chain)?;
    let settler = settings.network.settler;
    if signer.address != settler {
        bail!(Usage(format!(
            "key {:#x} is not the settler {settler:#x}: its Close would count for nothing",
            signer.address
        )));
    }
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

/// A Close of one partition, signed.
pub async fn signed_close(
    network: &Network,
    signer: &Signer,
    topic: Topic,
    partition: Partition,
    epoch: Epoch,
) -> Result<SignedClose> {
    let content = CloseContent {
        topic: topic.name().into(),
        partition: partition.0,
        epoch: epoch.0,
        signer: signer.address.to_vec().into(),
    };
    let content = content.encode_to_vec();
    let hash = network.close_hash(keccak256(&content));
    let signature = signer.hashes.sign_hash(&hash).await.context("the Close cannot be signed")?;
    Ok(SignedClose { content: content.into(), signature: signature.as_bytes().to_vec().into() })
}
