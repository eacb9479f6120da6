// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {IDatanetRegistry} from "../../src/interfaces/IDatanetRegistry.sol";
import {IModelRegistry} from "../../src/interfaces/IModelRegistry.sol";
import {ContributionId, DatanetId, DatanetVersionId, ModelId, ModelVersionId} from "../../src/types.sol";
import {Fixture} from "../Fixture.sol";

/// @title What tests of the registries share: actors, and short ways to a datanet, a contribution, a model
abstract contract Registries is Fixture {
    address internal constant OWNER = address(0x0EE1);
    address internal constant CONTRIBUTOR = address(0xC0117B);
    address internal constant CHALLENGER = address(0xC4A11E);
    address internal constant STRANGER = address(0x57A46E);
    string internal constant LICENCE = "CC-BY-4.0";
    uint32 internal constant ITEMS_MAX = 1000;

    /// @dev The next call must fail with exactly this.
    function refuse(bytes memory reason) internal {
        VM.expectRevert(reason);
    }

    // Datanets

    function validatorAt(uint256 index) internal pure returns (address) {
        return address(uint160(0x1000 + index));
    }

    function validatorsUpTo(uint256 count) internal pure returns (address[] memory list) {
        list = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = validatorAt(i);
        }
    }

    function datanetOf(address creator, bytes32 salt) internal pure returns (DatanetId) {
        return DatanetId.wrap(keccak256(abi.encode(creator, salt)));
    }

    function makeDatanet(bytes32 salt, uint16 quorum, uint256 validators) internal returns (DatanetId) {
        VM.prank(OWNER);
        return d.datanets
            .createDatanet(salt, "proofs", LICENCE, "ipfs://about", ITEMS_MAX, quorum, validatorsUpTo(validators));
    }

    // Contributions

    function commitmentOf(bytes32 contentHash, address contributor, bytes32 salt) internal pure returns (bytes32) {
        return keccak256(abi.encode(contentHash, contributor, salt));
    }

    function contributionOf(DatanetId datanet, bytes32 commitment) internal pure returns (ContributionId) {
        return ContributionId.wrap(keccak256(abi.encode(datanet, commitment)));
    }

    function contentOf(bytes32 contentHash) internal pure returns (IDatanetRegistry.Content memory content) {
        content.contentHash = contentHash;
        content.itemCount = 10;
        content.uri = "ipfs://bytes";
        content.licence = LICENCE;
    }

    function shared(IDatanetRegistry.Content memory content, uint256 count, uint16 share) internal pure {
        content.beneficiaries = new address[](count);
        content.shares = new uint16[](count);
        for (uint256 i = 0; i < count; ++i) {
            content.beneficiaries[i] = address(uint160(0xBE0000 + i));
            content.shares[i] = share;
        }
    }

    /// @dev A commitment of `contributor`, old enough to be shown.
    function committed(DatanetId datanet, address contributor, bytes32 contentHash, bytes32 salt) internal {
        VM.prank(contributor);
        d.datanets.commit(datanet, commitmentOf(contentHash, contributor, salt));
        VM.roll(VM.getBlockNumber() + 2);
    }

    /// @dev A contribution of ten items that waits for votes.
    function submitted(DatanetId datanet, address contributor, bytes32 salt) internal returns (ContributionId) {
        bytes32 contentHash = keccak256(abi.encode("content", salt));
        committed(datanet, contributor, contentHash, salt);
        VM.prank(contributor);
        return d.datanets.submit(datanet, salt, contentOf(contentHash));
    }

    function vote(ContributionId contribution, uint256 validator, bool accepted) internal {
        VM.prank(validatorAt(validator));
        d.datanets.validate(contribution, accepted, 5000, 10);
    }

    /// @dev In a datanet whose quorum is one.
    function acceptedIn(DatanetId datanet, uint256 salt) internal returns (ContributionId contribution) {
        contribution = submitted(datanet, CONTRIBUTOR, bytes32(salt));
        vote(contribution, 0, true);
    }

    function stateIs(ContributionId contribution, IDatanetRegistry.State state) internal view {
        same(uint256(d.datanets.stateOf(contribution)), uint256(state), "state");
    }

    /// @dev Tokens for bonds, which the datanet registry may take.
    function fundBonds(address account, uint256 amount) internal {
        fund(account, amount);
        VM.prank(account);
        d.token.approve(address(d.datanets), type(uint256).max);
    }

    /// @dev Challenged and ruled upon, with the bond that stands.
    function removed(ContributionId contribution) internal {
        fundBonds(CHALLENGER, d.datanets.challengeBond());
        VM.prank(CHALLENGER);
        d.datanets.challenge(contribution, "evidence");
        VM.prank(timelock);
        d.datanets.resolveChallenge(contribution, CHALLENGER, true);
    }

    // Versions and models

    /// @dev `count` published versions of one datanet, in ascending order of their ids.
    function versionsOf(bytes32 salt, uint256 count) internal returns (DatanetVersionId[] memory versions) {
        DatanetId datanet = makeDatanet(salt, 1, 1);
        acceptedIn(datanet, 1);
        versions = new DatanetVersionId[](count);
        for (uint256 i = 0; i < count; ++i) {
            VM.prank(OWNER);
            DatanetVersionId version = d.datanets.publishVersion(datanet);
            uint256 at = i;
            while (at != 0 && DatanetVersionId.unwrap(versions[at - 1]) > DatanetVersionId.unwrap(version)) {
                versions[at] = versions[at - 1];
                --at;
            }
            versions[at] = version;
        }
    }

    function attributionOn(DatanetVersionId[] memory versions)
        internal
        pure
        returns (IModelRegistry.Attribution memory)
    {
        return IModelRegistry.Attribution({
            method: 1,
            parameters: abi.encode(uint32(1024), uint32(3), uint32(64), uint32(32)),
            artifactHash: "index",
            datanetVersions: versions,
            evidencePublic: true
        });
    }

    function priceOf(uint128 base) internal pure returns (IModelRegistry.Price memory) {
        return IModelRegistry.Price(base, 2, 3);
    }

    function makeModel(address owner, bytes32 salt) internal returns (ModelId) {
        VM.prank(owner);
        return d.models.createModel(salt, "small");
    }

    function makeVersion(address owner, ModelId model, DatanetVersionId[] memory versions)
        internal
        returns (ModelVersionId)
    {
        VM.prank(owner);
        return d.models.publishModelVersion(model, ModelVersionId.wrap(0), attributionOn(versions), priceOf(1));
    }
}
