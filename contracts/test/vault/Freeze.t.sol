// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {Year} from "./Year.sol";

/// @title No one role alone freezes the exit
contract FreezeTest is Year {
    function test_an_ordinary_year() public {
        _live(365 days);
        truth(finals >= 115, "a root every three days");
        _atMost(5 days);
    }

    function test_a_rogue_guardian_does_not_freeze_the_exit() public {
        (cast.guardianPauses, cast.guardianCancels, cast.timelockIsSilent) = (true, true, true);
        _live(2 * 365 days);
        truth(finals >= 20, "roots");
        _atMost(LIVENESS + PAUSE + 2 * WINDOW);
    }

    function test_a_guardian_that_only_cancels_does_not_freeze_the_exit() public {
        (cast.guardianCancels, cast.timelockIsSilent) = (true, true);
        _live(365 days);
        truth(finals >= 13, "roots");
        _atMost(LIVENESS + 2 * WINDOW);
    }

    function test_a_guardian_that_only_pauses_does_not_freeze_the_exit() public {
        (cast.guardianPauses, cast.timelockIsSilent) = (true, true);
        _live(365 days);
        truth(finals >= 36, "roots");
        _atMost(PAUSE + 2 * WINDOW);
    }

    function test_a_rogue_guardian_that_disputes_too_needs_a_silent_timelock() public {
        (cast.guardianPauses, cast.guardianCancels, cast.guardianDisputes) = (true, true, true);
        _live(365 days);
        truth(finals >= 10, "roots");
        same(d.token.balanceOf(GUARDIAN), 0, "its bond is lost");
    }

    function test_a_rogue_proposer_does_not_freeze_the_exit() public {
        (cast.proposerLies, cast.timelockReplaces) = (true, true);
        _live(365 days);
        truth(finals >= 100, "roots");
        same(garbageFinals, 0, "no lie passes");
        _atMost(GOVERNANCE + 2 * WINDOW);
    }

    /// @dev The guardian's cancellation and the keeper's proposal come in one step, as in one transaction bundle.
    function test_a_rogue_proposer_does_not_freeze_the_exit_while_the_timelock_is_silent() public {
        (cast.proposerLies, cast.timelockIsSilent) = (true, true);
        _live(365 days);
        truth(finals >= 13, "roots");
        same(garbageFinals, 0, "no lie passes");
        _atMost(LIVENESS + 2 * WINDOW);
    }

    function test_disputers_stop_a_rogue_proposer_while_the_guardian_is_gone() public {
        (cast.proposerLies, cast.guardianIsGone, cast.timelockReplaces) = (true, true, true);
        _live(365 days);
        truth(finals >= 100, "roots");
        same(garbageFinals, 0, "no lie passes");
        same(d.token.balanceOf(KEEPER), LIVENESS_BOND + DISPUTE_BOND, "every bond came back");
    }

    function test_a_proposer_that_is_gone_does_not_freeze_the_exit() public {
        (cast.proposerIsGone, cast.timelockIsSilent) = (true, true);
        _live(365 days);
        truth(finals >= 14, "roots");
        _atMost(LIVENESS + WINDOW + 2 days);
        same(d.token.balanceOf(KEEPER), LIVENESS_BOND + DISPUTE_BOND, "anyone's bond came back");
    }

    function test_rogue_disputers_pay_for_every_delay() public {
        cast.disputers = true;
        _live(365 days);
        truth(finals >= 50, "roots");
        _atMost(WINDOW + 3 * (GOVERNANCE + WINDOW) + 3 days);
        same(d.token.balanceOf(ROGUE), 0, "until they have nothing left");
        same(d.vault.received(), 1e6 ether + 20 * DISPUTE_BOND, "to the reserve");
    }

    function test_rogue_disputers_do_not_freeze_the_exit_while_the_timelock_is_silent() public {
        (cast.disputers, cast.timelockIsSilent) = (true, true);
        _live(2 * 365 days);
        truth(finals >= 20, "roots");
        _atMost(WINDOW + RULING + 3 days);
        same(d.token.balanceOf(ROGUE) + d.vault.bonds(), 20 * DISPUTE_BOND, "at no cost to the disputers");
    }

    function test_a_silent_timelock_does_not_freeze_the_exit() public {
        cast.timelockIsSilent = true;
        _live(365 days);
        truth(finals >= 115, "a root every three days");
        _atMost(5 days);
    }

    function test_liars_at_the_liveness_delay_pay_for_every_delay() public {
        (cast.proposerIsGone, cast.liars) = (true, true);
        fund(ROGUE, 5 * LIVENESS_BOND);
        _live(365 days);
        truth(finals >= 8, "roots");
        same(garbageFinals, 0, "no lie passes");
        truth(d.token.balanceOf(ROGUE) < LIVENESS_BOND, "until they have nothing left");
    }

    function _atMost(uint256 time) private view {
        truth(longest <= time, string.concat("longest time without a root: ", VM.toString(longest / 1 hours), " h"));
    }
}
