//! The registry's fold against contributors who watch each other.

use alloy::primitives::{B256, keccak256};
use alloy::sol_types::SolEvent;
use pipeline::rules::rules_0001::registry::{At, Datanets};
use warehouse::chain_events::{Contract, ContributionCommitted, ContributionSubmitted, DatanetEvent};
use warehouse::types::{Address, Epoch, Hash, Time};

fn at(log: u32) -> At {
    At { block: 7, log, time: Time::default(), epoch: 1, in_range: true }
}

fn apply<E: SolEvent>(datanets: &mut Datanets, log: u32, event: &E) {
    let data = event.encode_log_data();
    let decoded = warehouse::chain_events::ChainEvent::decode(Contract::Datanets, data.topics(), &data.data);
    let Ok((warehouse::chain_events::ChainEvent::Datanet(event), _)) = decoded else { panic!("no datanet event") };
    datanets.apply(at(log), DatanetEvent::clone(&event)).unwrap();
}

#[test]
fn a_copied_commitment_takes_nothing_from_the_one_who_made_it() {
    let [owner, copier] = [1, 2].map(Address::repeat_byte);
    let [datanet, elsewhere, commitment] = [3, 4, 5].map(B256::repeat_byte);
    let mut datanets = Datanets::default();
    let committed = |datanet, contributor| ContributionCommitted { commitment, datanet, contributor };
    apply(&mut datanets, 0, &committed(datanet, copier));
    apply(&mut datanets, 1, &committed(elsewhere, copier));
    apply(&mut datanets, 2, &committed(datanet, owner));
    apply(&mut datanets, 3, &committed(datanet, owner));
    let contribution = keccak256("contribution");
    let submitted = ContributionSubmitted {
        contribution,
        datanet,
        contributor: owner,
        commitment,
        contentHash: B256::repeat_byte(6),
        itemCount: 9,
        uri: "uri".into(),
        licence: "licence".into(),
        beneficiaries: Vec::new(),
        shares: Vec::new(),
    };
    apply(&mut datanets, 4, &submitted);
    let (_, _, contributions, _) = datanets.rows(Epoch(1), Hash::default());
    let found: Vec<_> = contributions.iter().map(|row| (row.contributor, row.commit_log)).collect();
    assert_eq!(found, [(owner, 2)], "the first of its own commitments counts, whatever others copied before");
}
