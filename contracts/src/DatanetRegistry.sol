// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {Governed} from "./Governed.sol";
import {Rfc6962Tree} from "./Rfc6962Tree.sol";
import {Texts} from "./Texts.sol";
import {IDatanetRegistry} from "./interfaces/IDatanetRegistry.sol";
import {IVault} from "./interfaces/IVault.sol";
import {ContributionId, DatanetId, DatanetVersionId} from "./types.sol";

/// @title Datanets, contributions, validation, versions
/// @notice Holds the bonds of challenges and nothing else.
contract DatanetRegistry is IDatanetRegistry, Governed, Texts {
    using SafeERC20 for IERC20;
    using Rfc6962Tree for Rfc6962Tree.Tree;

    struct Datanet {
        address owner;
        uint32 itemsMax;
        uint16 quorum;
        uint16 validators;
        uint32 versions;
        /// Length of `accepted` up to which contributions are in the tree.
        uint256 inTree;
        string licence;
        ContributionId[] accepted;
        Rfc6962Tree.Tree tree;
    }

    struct Contribution {
        DatanetId datanet;
        address contributor;
        uint32 itemCount;
        State state;
        uint256[] accepting;
        uint256[] rejecting;
    }

    struct Challenge {
        address challenger;
        uint64 lapsesAt;
        uint256 bond;
    }

    /// @notice Blocks between a commitment and its reveal, so that a commitment copied from the mempool is later.
    uint256 public constant REVEAL_BLOCKS = 2;
    /// @notice Most votes that a decision may need.
    uint256 public constant QUORUM_MAX = 31;
    /// @notice Most beneficiaries of a contribution.
    uint256 public constant BENEFICIARIES_MAX = 32;
    /// @notice Seconds that the timelock has for a challenge before it lapses.
    uint64 public constant RULING = 30 days;
    /// @notice Basis points of a whole, and the best score.
    uint16 public constant WHOLE = 10_000;

    /// @notice Where forfeited bonds go.
    IVault public immutable vault;
    /// @notice What a challenge costs.
    uint256 public challengeBond;

    /// @inheritdoc IDatanetRegistry
    mapping(DatanetId => mapping(address => bool)) public isValidator;
    /// @inheritdoc IDatanetRegistry
    mapping(DatanetVersionId => bool) public isVersion;

    mapping(DatanetId => Datanet) private _datanets;
    mapping(bytes32 contribution => mapping(address contributor => uint256 blockNumber)) private _commitments;
    mapping(ContributionId => Contribution) private _contributions;
    mapping(ContributionId => mapping(address validator => bool)) private _voted;
    mapping(ContributionId => Challenge) private _challenges;

    constructor(address timelock_, IVault vault_, uint256 challengeBond_) Governed(timelock_) {
        vault = vault_;
        challengeBond = challengeBond_;
        emit ChallengeBondSet(challengeBond_);
    }

    modifier onlyOwner(DatanetId datanet) {
        require(_datanets[datanet].owner == msg.sender, NotOwner(datanet, msg.sender));
        _;
    }

    /// @inheritdoc IDatanetRegistry
    function createDatanet(
        bytes32 salt,
        string calldata name,
        string calldata licence,
        string calldata metadataUri,
        uint32 itemsMax,
        uint16 quorum,
        address[] calldata validators
    ) external returns (DatanetId datanet) {
        datanet = DatanetId.wrap(keccak256(abi.encode(msg.sender, salt)));
        Datanet storage created = _datanets[datanet];
        require(created.owner == address(0), IdTaken(DatanetId.unwrap(datanet)));
        require(bytes(name).length != 0 && bytes(licence).length != 0, NameEmpty());
        require(
            quorum != 0 && quorum <= QUORUM_MAX && quorum <= validators.length, QuorumInvalid(quorum, validators.length)
        );
        _checkName(name);
        _checkText(licence);
        _checkText(metadataUri);
        created.owner = msg.sender;
        created.quorum = quorum;
        created.licence = licence;
        emit DatanetCreated(datanet, msg.sender, name, licence, metadataUri, quorum);
        _setItemsMax(datanet, itemsMax);
        for (uint256 i = 0; i < validators.length; ++i) {
            _setValidator(datanet, validators[i], true);
        }
    }

    /// @inheritdoc IDatanetRegistry
    function transferDatanet(DatanetId datanet, address to) external onlyOwner(datanet) {
        require(to != address(0), ZeroAddress());
        _datanets[datanet].owner = to;
        emit DatanetTransferred(datanet, msg.sender, to);
    }

    /// @inheritdoc IDatanetRegistry
    function setLicence(DatanetId datanet, string calldata licence) external onlyOwner(datanet) {
        require(bytes(licence).length != 0, NameEmpty());
        _checkText(licence);
        _datanets[datanet].licence = licence;
        emit LicenceSet(datanet, licence);
    }

    /// @inheritdoc IDatanetRegistry
    function setItemsMax(DatanetId datanet, uint32 itemsMax) external onlyOwner(datanet) {
        _setItemsMax(datanet, itemsMax);
    }

    /// @inheritdoc IDatanetRegistry
    function setValidator(DatanetId datanet, address validator, bool active) external onlyTimelock {
        require(_datanets[datanet].owner != address(0), DatanetUnknown(datanet));
        _setValidator(datanet, validator, active);
    }

    /// @inheritdoc IDatanetRegistry
    function commit(DatanetId datanet, bytes32 commitment) external {
        require(_datanets[datanet].owner != address(0), DatanetUnknown(datanet));
        bytes32 contribution = _contributionOf(datanet, commitment);
        require(_commitments[contribution][msg.sender] == 0, CommitmentKnown(commitment));
        _commitments[contribution][msg.sender] = block.number;
        emit ContributionCommitted(commitment, datanet, msg.sender);
    }

    /// @inheritdoc IDatanetRegistry
    function submit(DatanetId datanet, bytes32 salt, Content calldata content)
        external
        returns (ContributionId contribution)
    {
        bytes32 commitment = keccak256(abi.encode(content.contentHash, msg.sender, salt));
        bytes32 id = _contributionOf(datanet, commitment);
        uint256 committed = _commitments[id][msg.sender];
        require(committed != 0, CommitmentUnknown(commitment));
        require(block.number >= committed + REVEAL_BLOCKS, RevealTooEarly(block.number, committed + REVEAL_BLOCKS));
        contribution = ContributionId.wrap(id);
        Contribution storage shown = _contributions[contribution];
        require(shown.state == State.Unknown, StateInvalid(contribution, shown.state));
        _checkContent(_datanets[datanet], content);
        shown.datanet = datanet;
        shown.contributor = msg.sender;
        shown.itemCount = content.itemCount;
        shown.state = State.Submitted;
        _emitSubmitted(contribution, datanet, commitment, content);
    }

    /// @inheritdoc IDatanetRegistry
    function validate(ContributionId contribution, bool accepted, uint16 score, uint32 itemCount) external {
        Contribution storage judged = _contributions[contribution];
        require(judged.state == State.Submitted, StateInvalid(contribution, judged.state));
        DatanetId datanet = judged.datanet;
        require(isValidator[datanet][msg.sender] && msg.sender != judged.contributor, NotValidator(datanet, msg.sender));
        require(!_voted[contribution][msg.sender], VotedAlready(contribution, msg.sender));
        require(score <= WHOLE, ScoreInvalid(score));
        require(
            itemCount <= judged.itemCount && (itemCount != 0 || !accepted),
            ItemCountInvalid(itemCount, judged.itemCount)
        );
        _voted[contribution][msg.sender] = true;
        emit ContributionValidated(contribution, msg.sender, accepted, score, itemCount);
        uint256[] storage votes = accepted ? judged.accepting : judged.rejecting;
        votes.push((uint256(score) << 32) | itemCount);
        Datanet storage home = _datanets[datanet];
        if (votes.length >= home.quorum) _decide(home, contribution, judged, accepted, votes);
    }

    /// @inheritdoc IDatanetRegistry
    function withdraw(ContributionId contribution) external {
        Contribution storage own = _contributions[contribution];
        require(own.contributor == msg.sender, NotContributor(contribution, msg.sender));
        require(own.state == State.Submitted, StateInvalid(contribution, own.state));
        own.state = State.Withdrawn;
        emit ContributionWithdrawn(contribution);
    }

    /// @inheritdoc IDatanetRegistry
    function challenge(ContributionId contribution, bytes32 evidenceHash) external {
        State state = _contributions[contribution].state;
        require(state == State.Accepted, StateInvalid(contribution, state));
        require(_challenges[contribution].challenger == address(0), ChallengeOpen(contribution));
        uint256 bond = challengeBond;
        _challenges[contribution] = Challenge(msg.sender, uint64(block.timestamp) + RULING, bond);
        emit ContributionChallenged(contribution, msg.sender, bond, evidenceHash);
        vault.token().safeTransferFrom(msg.sender, address(this), bond);
    }

    /// @inheritdoc IDatanetRegistry
    function resolveChallenge(ContributionId contribution, address challenger, bool upheld) external onlyTimelock {
        Challenge memory open = _challenges[contribution];
        require(open.challenger != address(0) && open.challenger == challenger, ChallengeMissing(contribution));
        delete _challenges[contribution];
        emit ContributionChallengeResolved(contribution, upheld);
        if (upheld) {
            _remove(contribution);
            vault.token().safeTransfer(open.challenger, open.bond);
        } else if (open.bond != 0) {
            vault.token().forceApprove(address(vault), open.bond);
            vault.forfeitBond(open.challenger, open.bond);
        }
    }

    /// @inheritdoc IDatanetRegistry
    function lapseChallenge(ContributionId contribution) external {
        Challenge memory open = _challenges[contribution];
        require(open.challenger != address(0), ChallengeMissing(contribution));
        require(block.timestamp >= open.lapsesAt, RulingOpen(open.lapsesAt));
        delete _challenges[contribution];
        emit ContributionChallengeResolved(contribution, false);
        vault.token().safeTransfer(open.challenger, open.bond);
    }

    /// @inheritdoc IDatanetRegistry
    function setChallengeBond(uint256 bond) external onlyTimelock {
        challengeBond = bond;
        emit ChallengeBondSet(bond);
    }

    /// @inheritdoc IDatanetRegistry
    function rebuild(DatanetId datanet, uint256 count) external {
        _advance(_datanets[datanet], count);
    }

    /// @inheritdoc IDatanetRegistry
    function publishVersion(DatanetId datanet) external onlyOwner(datanet) returns (DatanetVersionId version) {
        Datanet storage home = _datanets[datanet];
        require(
            home.inTree == home.accepted.length && home.tree.count != 0,
            VersionNotReady(datanet, home.inTree, home.accepted.length)
        );
        uint32 number = ++home.versions;
        version = DatanetVersionId.wrap(keccak256(abi.encode(datanet, number)));
        isVersion[version] = true;
        emit DatanetVersionPublished(version, datanet, number, home.tree.root(), uint32(home.tree.count));
    }

    /// @inheritdoc IDatanetRegistry
    function stateOf(ContributionId contribution) external view returns (State) {
        return _contributions[contribution].state;
    }

    function _setItemsMax(DatanetId datanet, uint32 itemsMax) private {
        require(itemsMax != 0, ItemCountInvalid(0, 0));
        _datanets[datanet].itemsMax = itemsMax;
        emit ItemsMaxSet(datanet, itemsMax);
    }

    function _setValidator(DatanetId datanet, address validator, bool active) private {
        Datanet storage home = _datanets[datanet];
        require(validator != address(0), ZeroAddress());
        require(isValidator[datanet][validator] != active, ValidatorUnchanged(validator, active));
        isValidator[datanet][validator] = active;
        home.validators = active ? home.validators + 1 : home.validators - 1;
        require(active || home.validators >= home.quorum, QuorumInvalid(home.quorum, home.validators));
        emit ValidatorSet(datanet, validator, active);
    }

    function _decide(
        Datanet storage home,
        ContributionId contribution,
        Contribution storage judged,
        bool accepted,
        uint256[] storage votes
    ) private {
        uint256 count = votes.length;
        uint256[] memory scores = new uint256[](count);
        uint256[] memory items = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 vote = votes[i];
            scores[i] = vote >> 32;
            items[i] = uint32(vote);
        }
        uint256 middle = (count - 1) / 2;
        uint16 score = uint16(Arrays.sort(scores)[middle]);
        uint32 itemCount = uint32(Arrays.sort(items)[middle]);
        judged.state = accepted ? State.Accepted : State.Rejected;
        emit ContributionDecided(contribution, accepted, score, itemCount);
        if (accepted) {
            home.accepted.push(contribution);
            if (home.inTree + 1 == home.accepted.length) _advance(home, 1);
        }
    }

    /// @dev Takes contributions that are still accepted into the tree.
    function _advance(Datanet storage home, uint256 count) private {
        uint256 done = home.inTree;
        for (uint256 end = home.accepted.length; count != 0 && done < end; --count) {
            ContributionId next = home.accepted[done++];
            if (_contributions[next].state == State.Accepted) home.tree.push(ContributionId.unwrap(next));
        }
        home.inTree = done;
    }

    /// @dev The tree keeps only its peaks, so a removal starts it again; `rebuild` goes on in steps of bounded gas.
    function _remove(ContributionId contribution) private {
        Contribution storage removed = _contributions[contribution];
        removed.state = State.Removed;
        Datanet storage home = _datanets[removed.datanet];
        home.tree.clear();
        home.inTree = 0;
    }

    function _checkContent(Datanet storage home, Content calldata content) private view {
        require(
            content.itemCount != 0 && content.itemCount <= home.itemsMax,
            ItemCountInvalid(content.itemCount, home.itemsMax)
        );
        require(
            keccak256(bytes(content.licence)) == keccak256(bytes(home.licence)),
            LicenceNotAccepted(content.licence, home.licence)
        );
        _checkText(content.uri);
        uint256 count = content.beneficiaries.length;
        uint256 sum = 0;
        for (uint256 i = 0; i < content.shares.length; ++i) {
            sum += content.shares[i];
        }
        bool whole = count == 0 || sum == WHOLE;
        require(whole && count == content.shares.length && count <= BENEFICIARIES_MAX, BeneficiariesInvalid(count, sum));
        for (uint256 i = 0; i < count; ++i) {
            require(content.beneficiaries[i] != address(0), ZeroAddress());
        }
    }

    function _emitSubmitted(
        ContributionId contribution,
        DatanetId datanet,
        bytes32 commitment,
        Content calldata content
    ) private {
        emit ContributionSubmitted(
            contribution,
            datanet,
            msg.sender,
            commitment,
            content.contentHash,
            content.itemCount,
            content.uri,
            content.licence,
            content.beneficiaries,
            content.shares
        );
    }

    function _contributionOf(DatanetId datanet, bytes32 commitment) private pure returns (bytes32) {
        return keccak256(abi.encode(datanet, commitment));
    }
}
