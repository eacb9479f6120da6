// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IVault} from "../interfaces/IVault.sol";
import {CampaignId, DatanetId, RunId} from "../types.sol";
import {VaultBase} from "./VaultBase.sol";

/// @title What comes in, and what is asked back
/// @notice Charges are settled off-chain, so the vault cannot know what is left of a deposit: a request is answered by
/// the next settlement, as far as it is covered. Here it is only held below what was ever put in.
abstract contract Intake is VaultBase {
    /// @notice What a payer deposited for an operator, and asked back.
    struct Deposit {
        uint128 deposited;
        uint128 refundRequested;
    }

    /// @notice What a staker has on an operator.
    /// @param active staked, neither slashed nor being taken out
    /// @param leaving being taken out, slashable until it is requested
    /// @param readyAt when what is leaving may be requested
    struct Stake {
        uint96 active;
        uint96 leaving;
        uint64 readyAt;
    }

    /// @notice Deposits and refund requests by payer and operator.
    mapping(address payer => mapping(address operator => Deposit)) public deposits;
    /// @notice Stakes by staker and operator.
    mapping(address staker => mapping(address operator => Stake)) public stakes;
    /// @notice Whether a key signs Spends for a payer.
    mapping(address payer => mapping(address key => bool)) public isSpenderKey;

    /// @inheritdoc IVault
    function deposit(address operator, uint256 amount) external nonReentrant {
        require(operator != address(0), ZeroAddress());
        deposits[msg.sender][operator].deposited += uint128(_bounded(amount));
        emit Deposited(msg.sender, operator, amount);
        _takeIn(amount);
    }

    /// @inheritdoc IVault
    function requestRefund(address operator, uint256 amount) external {
        Deposit storage own = deposits[msg.sender][operator];
        uint256 left = own.deposited - own.refundRequested;
        require(amount != 0 && amount <= left, AmountInvalid(amount, left));
        own.refundRequested += uint128(amount);
        emit RefundRequested(msg.sender, operator, amount);
    }

    /// @inheritdoc IVault
    function stake(address operator, uint256 amount) external nonReentrant {
        require(operator != address(0), ZeroAddress());
        stakes[msg.sender][operator].active += uint96(_bounded(amount));
        emit Staked(msg.sender, operator, amount);
        _takeIn(amount);
    }

    /// @inheritdoc IVault
    function startUnstake(address operator, uint256 amount) external {
        Stake storage own = stakes[msg.sender][operator];
        require(amount != 0 && amount <= own.active, AmountInvalid(amount, own.active));
        own.active -= uint96(amount);
        own.leaving += uint96(amount);
        own.readyAt = uint64(block.timestamp) + _delays.unbonding;
        emit UnstakeStarted(msg.sender, operator, amount, own.readyAt);
    }

    /// @inheritdoc IVault
    function requestUnstake(address operator) external {
        Stake storage own = stakes[msg.sender][operator];
        uint256 amount = own.leaving;
        require(amount != 0, AmountInvalid(0, 0));
        require(block.timestamp >= own.readyAt, UnstakeNotReady(own.readyAt));
        own.leaving = 0;
        emit UnstakeRequested(msg.sender, operator, amount);
    }

    /// @inheritdoc IVault
    function slash(address staker, address operator, uint256 amount, string calldata reason)
        external
        onlyRole(DEFAULT_ADMIN_ROLE)
    {
        _checkText(reason);
        Stake storage stake_ = stakes[staker][operator];
        uint256 available = uint256(stake_.active) + stake_.leaving;
        uint256 taken = amount < available ? amount : available;
        require(taken != 0, AmountInvalid(amount, available));
        uint256 fromActive = taken < stake_.active ? taken : stake_.active;
        stake_.active -= uint96(fromActive);
        stake_.leaving -= uint96(taken - fromActive);
        emit Slashed(staker, operator, taken, reason);
    }

    /// @inheritdoc IVault
    function addSpenderKey(address key) external {
        require(key != address(0), ZeroAddress());
        require(!isSpenderKey[msg.sender][key], SpenderKeyUnchanged(key, true));
        isSpenderKey[msg.sender][key] = true;
        emit SpenderKeyAdded(msg.sender, key);
    }

    /// @inheritdoc IVault
    function revokeSpenderKey(address key) external {
        require(isSpenderKey[msg.sender][key], SpenderKeyUnchanged(key, false));
        isSpenderKey[msg.sender][key] = false;
        emit SpenderKeyRevoked(msg.sender, key);
    }

    /// @inheritdoc IVault
    function depositIncentive(bytes32 salt, DatanetId datanet, uint256 amount)
        external
        nonReentrant
        returns (CampaignId campaign)
    {
        campaign = CampaignId.wrap(keccak256(abi.encode(msg.sender, datanet, salt)));
        emit IncentiveDeposited(campaign, datanet, msg.sender, _bounded(amount));
        _takeIn(amount);
    }

    /// @inheritdoc IVault
    function payTraining(RunId run, uint256 amount) external nonReentrant {
        emit TrainingPaid(run, msg.sender, _bounded(amount));
        _takeIn(amount);
    }

    /// @inheritdoc IVault
    function forfeitBond(address from, uint256 amount) external nonReentrant onlyRole(BOND_HOLDER_ROLE) {
        emit BondForfeited(from, amount);
        _takeIn(amount);
    }

    /// @dev No amount is above what every table and packed slot can hold.
    function _bounded(uint256 amount) private pure returns (uint256) {
        require(amount <= type(uint96).max, AmountInvalid(amount, type(uint96).max));
        return amount;
    }
}
