// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

// Ids are hashes that their creator cannot choose for others: two ids that could be swapped by mistake are two types.

/// @dev keccak256(abi.encode(creator, salt))
type DatanetId is bytes32;
/// @dev keccak256(abi.encode(datanet, commitment))
type ContributionId is bytes32;
/// @dev keccak256(abi.encode(datanet, number))
type DatanetVersionId is bytes32;
/// @dev keccak256(abi.encode(creator, salt))
type ModelId is bytes32;
/// @dev keccak256(abi.encode(model, number))
type ModelVersionId is bytes32;
/// @dev keccak256(abi.encode(owner, salt))
type AdapterId is bytes32;
/// @dev keccak256(abi.encode(payer, salt))
type RunId is bytes32;
/// @dev keccak256(abi.encode(funder, datanet, salt))
type CampaignId is bytes32;
