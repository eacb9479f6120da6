// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Texts} from "../Texts.sol";
import {IVault} from "../interfaces/IVault.sol";

/// @title What all parts of the vault share: the token, the roles, the delays, the pause
/// @notice The token's balance here is what came in, less what was claimed, plus the bonds that are held apart.
/// No role moves money: none of them appears where tokens leave.
abstract contract VaultBase is IVault, AccessControlDefaultAdminRules, ReentrancyGuardTransient, Texts {
    using SafeERC20 for IERC20;

    /// @notice Everything on which every claim depends, in one slot.
    /// @param most that all together may claim: the final root's total, and what was lost under revoked ones
    /// @param claimed by all together
    /// @param pausedUntil end of the last pause
    struct Standing {
        uint104 most;
        uint104 claimed;
        uint48 pausedUntil;
    }

    /// @notice May propose roots at any time: the settler.
    bytes32 public constant PROPOSER_ROLE = keccak256("PROPOSER_ROLE");
    /// @notice May cancel the proposer's roots and pause: nothing else.
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");
    /// @notice May bring forfeited bonds: the datanet registry.
    bytes32 public constant BOND_HOLDER_ROLE = keccak256("BOND_HOLDER_ROLE");

    /// @inheritdoc IVault
    IERC20 public immutable token;

    /// @notice Everything that ever came in, bonds apart.
    uint256 public received;
    /// @notice Bonds that are held now.
    uint256 public bonds;

    Standing internal _standing;
    Delays internal _delays;
    Parameters internal _parameters;

    /// @param adminDelay seconds that a change of the admin (the timelock) itself takes
    constructor(
        IERC20 token_,
        address timelock_,
        uint48 adminDelay,
        address proposer,
        address guardian,
        address bondHolder,
        Delays memory delays_,
        Parameters memory parameters_
    ) AccessControlDefaultAdminRules(adminDelay, timelock_) {
        require(address(token_) != address(0), ZeroAddress());
        token = token_;
        _checkDelays(delays_);
        _delays = delays_;
        _setParameters(parameters_);
        _grantRole(PROPOSER_ROLE, proposer);
        _grantRole(GUARDIAN_ROLE, guardian);
        _grantRole(BOND_HOLDER_ROLE, bondHolder);
    }

    modifier whenNotPaused() {
        _requireNotPaused();
        _;
    }

    /// @inheritdoc IVault
    function pause() external onlyRole(GUARDIAN_ROLE) {
        uint64 earliest = _standing.pausedUntil == 0 ? 0 : _standing.pausedUntil + _delays.cooldown;
        require(block.timestamp >= earliest, PauseTooSoon(earliest));
        uint64 until = uint64(block.timestamp) + _delays.pause;
        _standing.pausedUntil = uint48(until);
        emit PausedUntil(msg.sender, until);
    }

    /// @inheritdoc IVault
    function setParameters(Parameters calldata parameters_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setParameters(parameters_);
    }

    /// @notice When the last pause ends, seconds since 1970; 0 if there was none.
    function pausedUntil() external view returns (uint64) {
        return _standing.pausedUntil;
    }

    /// @notice What all accounts together have claimed.
    function claimedTotal() external view returns (uint256) {
        return _standing.claimed;
    }

    /// @notice How long everything waits.
    function delays() external view returns (Delays memory) {
        return _delays;
    }

    /// @notice What governance last set.
    function parameters() external view returns (Parameters memory) {
        return _parameters;
    }

    /// @dev Takes tokens of the caller that count as inflow.
    function _takeIn(uint256 amount) internal {
        require(amount != 0, AmountInvalid(0, 0));
        received += amount;
        _pull(amount);
    }

    /// @dev Takes tokens of the caller that are held apart.
    function _takeBond(uint256 amount) internal {
        bonds += amount;
        _pull(amount);
    }

    /// @dev Gives a bond back.
    function _returnBond(address to, uint256 amount) internal {
        if (amount == 0) return;
        bonds -= amount;
        token.safeTransfer(to, amount);
    }

    /// @dev A bond becomes inflow to the reserve.
    function _forfeitHeldBond(address from, uint256 amount) internal {
        if (amount == 0) return;
        bonds -= amount;
        received += amount;
        emit BondForfeited(from, amount);
    }

    /// @dev One account has one role: a key that can do one thing can do no other.
    function _grantRole(bytes32 role, address account)
        internal
        override(AccessControlDefaultAdminRules)
        returns (bool)
    {
        require(account != address(0), ZeroAddress());
        bytes32[4] memory roles = [DEFAULT_ADMIN_ROLE, PROPOSER_ROLE, GUARDIAN_ROLE, BOND_HOLDER_ROLE];
        for (uint256 i = 0; i < roles.length; ++i) {
            require(roles[i] == role || !hasRole(roles[i], account), RolesNotApart(account));
        }
        return super._grantRole(role, account);
    }

    function _requireNotPaused() internal view {
        require(block.timestamp >= _standing.pausedUntil, PausedNow(_standing.pausedUntil));
    }

    /// @dev Exact, or nothing: a token that takes a fee would make the books wrong.
    function _pull(uint256 amount) private {
        if (amount == 0) return;
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 arrived = token.balanceOf(address(this)) - before;
        require(arrived == amount, TokenInexact(amount, arrived));
    }

    function _setParameters(Parameters memory parameters_) private {
        _parameters = parameters_;
        emit ParametersSet(parameters_.growthCap, parameters_.disputeBond, parameters_.livenessBond);
    }

    /// @dev Whatever the lengths: a new root must fit between two pauses, and a pause must not start the liveness path.
    function _checkDelays(Delays memory d) private pure {
        bool positive = d.disputeWindow != 0 && d.ruling != 0 && d.pause != 0 && d.recovery != 0 && d.unbonding != 0;
        bool fits = d.cooldown > d.disputeWindow && d.liveness > d.pause + d.disputeWindow && d.liveness < 365 days
            && d.ruling < 365 days && d.recovery < 365 days && d.unbonding < 365 days && d.cooldown < 365 days;
        require(positive && fits, DelaysInvalid(d));
    }
}
