// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EpochCalendar} from "./EpochCalendar.sol";
import {Governed} from "./Governed.sol";
import {ISplitRegistry} from "./interfaces/ISplitRegistry.sol";
import {DatanetId} from "./types.sol";

/// @title How a fee is divided, and what governance decides about money
/// @notice It holds nothing and pays nothing: settlement reads its events.
contract SplitRegistry is ISplitRegistry, EpochCalendar, Governed {
    /// @notice Basis points of a whole.
    uint256 public constant WHOLE = 10_000;

    /// @inheritdoc ISplitRegistry
    uint64 public orders;

    /// @param shares the first split, which binds at once
    constructor(address timelock_, uint64 genesis_, uint64 epochLength_, uint16[10] memory shares, address platform)
        EpochCalendar(genesis_, epochLength_)
        Governed(timelock_)
    {
        _set(currentEpoch(), shares, platform);
    }

    /// @inheritdoc ISplitRegistry
    function setSplit(uint64 bindingEpoch, uint16[10] calldata shares, address platform) external onlyTimelock {
        _requireNotice(bindingEpoch);
        _set(bindingEpoch, shares, platform);
    }

    /// @inheritdoc ISplitRegistry
    function orderCorrection(address overpaid, address wronged, uint256 amount, string calldata reason)
        external
        onlyTimelock
        returns (bytes32 correction)
    {
        require(overpaid != address(0) || wronged != address(0), ZeroAddress());
        require(overpaid != wronged, CorrectionOfItself(overpaid));
        correction = _order(amount, reason);
        emit CorrectionOrdered(correction, overpaid, wronged, amount, reason);
    }

    /// @inheritdoc ISplitRegistry
    function assignUnattributed(DatanetId datanet, address account, uint256 amount, string calldata reason)
        external
        onlyTimelock
        returns (bytes32 assignment)
    {
        require(account != address(0), ZeroAddress());
        assignment = _order(amount, reason);
        emit UnattributedAssigned(assignment, datanet, account, amount, reason);
    }

    function _set(uint64 bindingEpoch, uint16[10] memory shares, address platform) private {
        uint256 sum = 0;
        for (uint256 i = 0; i < shares.length; ++i) {
            sum += shares[i];
        }
        require(sum == WHOLE, SplitNotWhole(sum));
        emit SplitSet(bindingEpoch, shares, platform);
    }

    function _order(uint256 amount, string calldata reason) private returns (bytes32) {
        require(amount != 0 && amount <= type(uint96).max, AmountInvalid(amount));
        require(bytes(reason).length != 0, ReasonEmpty());
        return keccak256(abi.encode(block.chainid, address(this), ++orders));
    }
}
