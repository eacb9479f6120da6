//! Datanets, their versions, contributions and votes.

use super::At;
use alloy::primitives::{B256, keccak256};
use std::collections::{BTreeMap, BTreeSet};
use warehouse::chain_events::DatanetEvent as Event;
use warehouse::merkle;
use warehouse::tables::contributions::{Beneficiary, ContributionState};
use warehouse::tables::{Contribution, Datanet, DatanetVersion, Validation};
use warehouse::types::{
    Address, BasisPoints, ContributionId, ContributionNumber, DatanetId, DatanetVersionId, Epoch, Hash,
};

/// The fold's state.
#[derive(Default)]
pub struct Datanets {
    datanets: BTreeMap<DatanetId, (Datanet, BTreeSet<Address>)>,
    versions: BTreeMap<DatanetVersionId, DatanetVersion>,
    /// By whom each commitment was made where: a copy of it takes nothing away from the one who made it.
    commitments: BTreeMap<(B256, DatanetId, Address), At>,
    contributions: BTreeMap<ContributionId, Contribution>,
    decided: Vec<ContributionId>,
    votes: BTreeMap<(ContributionId, Address), Validation>,
}

/// Rows of the four tables.
pub(super) type Rows = (Vec<Datanet>, Vec<DatanetVersion>, Vec<Contribution>, Vec<Validation>);

impl Datanets {
    /// Applies one event.
    ///
    /// # Errors
    /// When a published version is not what its contributions say.
    pub fn apply(&mut self, at: At, event: Event) -> Result<(), String> {
        match event {
            Event::DatanetCreated(event) => {
                let datanet = DatanetId(event.datanet);
                self.datanets.entry(datanet).or_insert_with(|| {
                    let row = Datanet {
                        epoch: Epoch::default(),
                        datanet,
                        name: event.name,
                        owner: event.owner,
                        licence: event.licence,
                        metadata_uri: event.metadataUri,
                        quorum: event.quorum,
                        validators: Vec::new(),
                        created_at: at.time,
                    };
                    (row, BTreeSet::new())
                });
            }
            Event::LicenceSet(event) => self.change(event.datanet, |row| row.licence = event.licence),
            Event::DatanetTransferred(event) => self.change(event.datanet, |row| row.owner = event.to),
            Event::ValidatorSet(event) => {
                if let Some((_, validators)) = self.datanets.get_mut(&DatanetId(event.datanet)) {
                    if event.active {
                        validators.insert(event.validator);
                    } else {
                        validators.remove(&event.validator);
                    }
                }
            }
            Event::ContributionCommitted(event) => {
                let made = (event.commitment, DatanetId(event.datanet), event.contributor);
                self.commitments.entry(made).or_insert(at);
            }
            Event::ContributionSubmitted(_)
            | Event::ContributionValidated(_)
            | Event::ContributionDecided(_)
            | Event::ContributionWithdrawn(_)
            | Event::ContributionChallenged(_)
            | Event::ContributionChallengeResolved(_) => self.apply_contribution(at, event),
            Event::DatanetVersionPublished(event) => {
                let version = DatanetVersionId(event.version);
                let row = self.publish(at, version, DatanetId(event.datanet), event.number);
                let root = merkle::tree_hash(&row.contributions.iter().map(|id| id.0).collect::<Vec<_>>());
                if root != event.contributionsRoot || row.contributions.len() as u64 != u64::from(event.contributions) {
                    return Err(format!(
                        "datanet version {version} names {} contributions with root {}, the events give {} with root {root}",
                        event.contributions,
                        event.contributionsRoot,
                        row.contributions.len()
                    ));
                }
                self.versions.entry(version).or_insert(row);
            }
            Event::ItemsMaxSet(_) | Event::ChallengeBondSet(_) => {}
        }
        Ok(())
    }

    fn change(&mut self, datanet: B256, change: impl FnOnce(&mut Datanet)) {
        if let Some((row, _)) = self.datanets.get_mut(&DatanetId(datanet)) {
            change(row);
        }
    }

    fn apply_contribution(&mut self, at: At, event: Event) {
        match event {
            Event::ContributionSubmitted(event) => self.submit(event),
            Event::ContributionValidated(event) => {
                let contribution = ContributionId(event.contribution);
                if self.contributions.contains_key(&contribution) {
                    self.votes.entry((contribution, event.validator)).or_insert(Validation {
                        epoch: Epoch::default(),
                        contribution,
                        validator: event.validator,
                        accepted: event.accepted,
                        score: event.score,
                        items: event.itemCount,
                        voted_at: at.time,
                    });
                }
            }
            Event::ContributionDecided(event) => {
                let id = ContributionId(event.contribution);
                let decided = self.transition(id, ContributionState::Submitted, |row| {
                    row.score = event.score;
                    if event.accepted {
                        row.items = event.itemCount.min(row.items_submitted);
                        ContributionState::Accepted
                    } else {
                        ContributionState::Rejected
                    }
                });
                if decided == Some(ContributionState::Accepted) {
                    self.decided.push(id);
                }
            }
            Event::ContributionWithdrawn(event) => {
                self.transition(ContributionId(event.contribution), ContributionState::Submitted, |_| {
                    ContributionState::Withdrawn
                });
            }
            Event::ContributionChallengeResolved(event) if event.upheld => {
                self.transition(ContributionId(event.contribution), ContributionState::Accepted, |_| {
                    ContributionState::Removed
                });
            }
            _ => {}
        }
    }

    /// Takes a step if the contribution is in state `from`; gives the state that it reached.
    fn transition(
        &mut self,
        id: ContributionId,
        from: ContributionState,
        step: impl FnOnce(&mut Contribution) -> ContributionState,
    ) -> Option<ContributionState> {
        let row = self.contributions.get_mut(&id).filter(|row| row.state == from)?;
        row.state = step(row);
        Some(row.state)
    }

    fn submit(&mut self, event: warehouse::chain_events::ContributionSubmitted) {
        let (id, datanet) = (ContributionId(event.contribution), DatanetId(event.datanet));
        let Some(&committed) = self.commitments.get(&(event.commitment, datanet, event.contributor)) else { return };
        self.contributions.entry(id).or_insert_with(|| Contribution {
            epoch: Epoch::default(),
            contribution: id,
            number: ContributionNumber::default(),
            datanet,
            contributor: event.contributor,
            state: ContributionState::Submitted,
            content_hash: Hash(event.contentHash),
            items_submitted: event.itemCount,
            items: 0,
            score: 0,
            uri: event.uri,
            licence: event.licence,
            commit_block: committed.block,
            commit_log: committed.log,
            committed_at: committed.time,
            beneficiaries: beneficiaries(event.contributor, &event.beneficiaries, &event.shares),
        });
    }

    fn publish(&self, at: At, version: DatanetVersionId, datanet: DatanetId, number: u32) -> DatanetVersion {
        let accepted: Vec<&Contribution> = self
            .decided
            .iter()
            .filter_map(|id| self.contributions.get(id))
            .filter(|row| row.datanet == datanet && row.state == ContributionState::Accepted)
            .collect();
        DatanetVersion {
            epoch: Epoch::default(),
            version,
            datanet,
            number,
            contributions: accepted.iter().map(|row| row.contribution).collect(),
            items: accepted.iter().map(|row| u64::from(row.items)).sum(),
            published_at: at.time,
        }
    }

    /// The tables' rows as of the cutoff; `last_block` orders the contributions' numbers.
    pub fn rows(self, epoch: Epoch, last_block: Hash) -> Rows {
        let mut order: Vec<ContributionId> = self.contributions.keys().copied().collect();
        order.sort_by_key(|id| keccak256([last_block.0, id.0].concat()));
        let numbers: BTreeMap<ContributionId, ContributionNumber> =
            order.into_iter().zip((0u32..).map(ContributionNumber)).collect();
        let datanets = self.datanets.into_values().map(|(row, validators)| Datanet {
            epoch,
            validators: validators.into_iter().collect(),
            ..row
        });
        let versions = self.versions.into_values().map(|row| DatanetVersion { epoch, ..row });
        let contributions = self.contributions.into_values().map(|row| Contribution {
            epoch,
            number: numbers[&row.contribution],
            ..row
        });
        let votes = self.votes.into_values().map(|row| Validation { epoch, ..row });
        (datanets.collect(), versions.collect(), contributions.collect(), votes.collect())
    }
}

/// Who is paid: the event's list merged by account, or the contributor alone when it is empty or malformed.
fn beneficiaries(contributor: Address, accounts: &[Address], shares: &[u16]) -> Vec<Beneficiary> {
    let alone = vec![Beneficiary { account: contributor, share: BasisPoints::WHOLE }];
    let sum: u64 = shares.iter().copied().map(u64::from).sum();
    if accounts.len() != shares.len() || sum != u64::from(BasisPoints::WHOLE.points()) {
        return alone;
    }
    let mut merged: BTreeMap<Address, u16> = BTreeMap::new();
    for (account, share) in accounts.iter().zip(shares) {
        *merged.entry(*account).or_default() += share;
    }
    let merged = merged.into_iter().filter(|(_, share)| *share > 0);
    merged
        .map(|(account, share)| Some(Beneficiary { account, share: BasisPoints::new(share)? }))
        .collect::<Option<_>>()
        .unwrap_or(alone)
}
