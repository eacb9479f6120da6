//! Model versions and adapters: method, artifact, lineage, prices.

use super::super::binding::{Announced, binds_from};
use super::At;
use alloy::primitives::B256;
use alloy::sol_types::SolValue;
use std::collections::BTreeMap;
use warehouse::chain_events::ModelEvent as Event;
use warehouse::tables::{Adapter, ModelVersion};
use warehouse::types::{
    AdapterId, Address, Amount, BasisPoints, DatanetVersionId, Epoch, Hash, ModelId, ModelVersionId,
};

/// The fold's state.
#[derive(Default)]
pub struct Models {
    models: BTreeMap<ModelId, (String, Address)>,
    versions: BTreeMap<ModelVersionId, (ModelVersion, Terms)>,
    adapters: BTreeMap<AdapterId, (Adapter, Terms)>,
}

/// What changes after publication, by announcement.
#[derive(Default)]
struct Terms {
    prices: Announced<Price>,
    deprecated_from: Option<u64>,
}

#[derive(Clone, Copy, Default)]
struct Price {
    base: Amount,
    input: Amount,
    output: Amount,
}

impl Terms {
    fn price(&mut self, at: At, named: u64, price: [u128; 3]) {
        let [base, input, output] = price.map(|units| Amount::new(units).unwrap_or(Amount::MAX));
        self.prices.announce(at.epoch, named, Price { base, input, output });
    }

    fn deprecate(&mut self, at: At, named: u64) {
        let from = binds_from(at.epoch, named);
        self.deprecated_from = Some(self.deprecated_from.map_or(from, |earlier| earlier.min(from)));
    }

    fn deprecated_in(&self, epoch: Epoch) -> bool {
        self.deprecated_from.is_some_and(|from| from <= epoch.0)
    }
}

/// Parameters of the influence method; zeros when they are malformed or the method is another.
fn influence_parameters(method: u8, parameters: &[u8]) -> (u32, u32, u32, u32) {
    if method == 1 { <(u32, u32, u32, u32)>::abi_decode(parameters).unwrap_or_default() } else { (0, 0, 0, 0) }
}

fn pinned(datanet_versions: &[B256]) -> Vec<DatanetVersionId> {
    datanet_versions.iter().copied().map(DatanetVersionId).collect()
}

impl Models {
    /// Applies one event.
    pub fn apply(&mut self, at: At, event: Event) {
        match event {
            Event::ModelCreated(event) => {
                self.models.entry(ModelId(event.model)).or_insert((event.name, event.owner));
            }
            Event::ModelTransferred(event) => {
                if let Some((_, owner)) = self.models.get_mut(&ModelId(event.model)) {
                    *owner = event.to;
                }
            }
            Event::ModelVersionPublished(event) => self.publish(at, event),
            Event::ModelVersionPriced(event) => {
                if let Some((_, terms)) = self.versions.get_mut(&ModelVersionId(event.version)) {
                    terms.price(at, event.bindingEpoch, [event.base, event.priceIn, event.priceOut]);
                }
            }
            Event::ModelVersionDeprecated(event) => {
                if let Some((_, terms)) = self.versions.get_mut(&ModelVersionId(event.version)) {
                    terms.deprecate(at, event.bindingEpoch);
                }
            }
            Event::AdapterRegistered(event) => self.register(at, event),
            Event::AdapterTransferred(event) => {
                if let Some((row, _)) = self.adapters.get_mut(&AdapterId(event.adapter)) {
                    row.owner = event.to;
                }
            }
            Event::AdapterPriced(event) => {
                if let Some((_, terms)) = self.adapters.get_mut(&AdapterId(event.adapter)) {
                    terms.price(at, event.bindingEpoch, [event.base, event.priceIn, event.priceOut]);
                }
            }
            Event::AdapterDeprecated(event) => {
                if let Some((_, terms)) = self.adapters.get_mut(&AdapterId(event.adapter)) {
                    terms.deprecate(at, event.bindingEpoch);
                }
            }
            Event::TrainingRunOpened(_) | Event::TrainingRunFinished(_) => {}
        }
    }

    fn publish(&mut self, at: At, event: warehouse::chain_events::ModelVersionPublished) {
        let version = ModelVersionId(event.version);
        let (sketch_k, checkpoints, decoys_min, top_k) = influence_parameters(event.method, &event.parameters);
        let row = ModelVersion {
            epoch: Epoch::default(),
            version,
            model: ModelId(event.model),
            name: String::new(),
            owner: Address::ZERO,
            base_version: (!event.baseVersion.is_zero()).then_some(ModelVersionId(event.baseVersion)),
            method: event.method,
            sketch_k,
            checkpoints,
            decoys_min,
            top_k,
            artifact_hash: Hash(event.artifactHash),
            datanet_versions: pinned(&event.datanetVersions),
            evidence_public: event.evidencePublic,
            pays_from: Epoch(at.epoch + 1),
            priced: false,
            price_base: Amount::ZERO,
            price_in: Amount::ZERO,
            price_out: Amount::ZERO,
            deprecated: false,
        };
        self.versions.entry(version).or_insert_with(|| (row, Terms::default()));
    }

    fn register(&mut self, at: At, event: warehouse::chain_events::AdapterRegistered) {
        let adapter = AdapterId(event.adapter);
        let (sketch_k, checkpoints, decoys_min, top_k) = influence_parameters(event.method, &event.parameters);
        let row = Adapter {
            epoch: Epoch::default(),
            adapter,
            model_version: ModelVersionId(event.modelVersion),
            name: event.name,
            owner: event.owner,
            contributors_share: BasisPoints::new(event.contributorsShare).unwrap_or(BasisPoints::WHOLE),
            method: event.method,
            sketch_k,
            checkpoints,
            decoys_min,
            top_k,
            artifact_hash: Hash(event.artifactHash),
            datanet_versions: pinned(&event.datanetVersions),
            evidence_public: event.evidencePublic,
            pays_from: Epoch(at.epoch + 1),
            priced: false,
            price_base: Amount::ZERO,
            price_in: Amount::ZERO,
            price_out: Amount::ZERO,
            deprecated: false,
        };
        self.adapters.entry(adapter).or_insert_with(|| (row, Terms::default()));
    }

    /// The tables' rows as of the cutoff, with what binds in `epoch`.
    pub fn rows(self, epoch: Epoch) -> (Vec<ModelVersion>, Vec<Adapter>) {
        let models = self.models;
        let versions = self.versions.into_values().map(|(row, terms)| {
            let (name, owner) = models.get(&row.model).cloned().unwrap_or_default();
            let (price, deprecated) = (terms.prices.binding_in(epoch), terms.deprecated_in(epoch));
            let Price { base, input, output } = price.copied().unwrap_or_default();
            let priced = price.is_some();
            let row = ModelVersion { name, owner, ..row };
            ModelVersion { epoch, priced, deprecated, price_base: base, price_in: input, price_out: output, ..row }
        });
        let adapters = self.adapters.into_values().map(|(row, terms)| {
            let (price, deprecated) = (terms.prices.binding_in(epoch), terms.deprecated_in(epoch));
            let Price { base, input, output } = price.copied().unwrap_or_default();
            let priced = price.is_some();
            Adapter { epoch, priced, deprecated, price_base: base, price_in: input, price_out: output, ..row }
        });
        (versions.collect(), adapters.collect())
    }
}
