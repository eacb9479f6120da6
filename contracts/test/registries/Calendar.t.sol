// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../../script/Vm.sol";
import {EpochCalendar} from "../../src/EpochCalendar.sol";
import {ModelRegistry} from "../../src/ModelRegistry.sol";
import {Registries} from "./Registries.sol";

/// @title Epochs as every contract counts them
contract CalendarTest is Registries {
    function test_the_contracts_keep_one_calendar() public view {
        same(d.models.genesis(), GENESIS, "models");
        same(d.splits.genesis(), GENESIS, "splits");
        same(d.vault.genesis(), GENESIS, "vault");
        same(d.models.epochLength(), EPOCH_LENGTH, "models");
        same(d.splits.epochLength(), EPOCH_LENGTH, "splits");
        same(d.vault.epochLength(), EPOCH_LENGTH, "vault");
        same(d.models.currentEpoch(), 1, "epoch");
        same(d.models.NOTICE_EPOCHS(), 2, "notice");
    }

    function test_an_epoch_begins_with_its_second() public {
        VM.warp(GENESIS - 1);
        same(d.models.currentEpoch(), 0, "before genesis");
        VM.warp(GENESIS);
        same(d.models.currentEpoch(), 1, "first second");
        VM.warp(GENESIS + EPOCH_LENGTH - 1);
        same(d.models.currentEpoch(), 1, "last second");
        VM.warp(GENESIS + EPOCH_LENGTH);
        same(d.models.currentEpoch(), 2, "next");
    }

    function testFuzz_the_present_epoch_has_begun_and_not_ended(uint64 genesis, uint64 length, uint64 time) public {
        VM.assume(genesis != 0 && length != 0);
        ModelRegistry made = new ModelRegistry(d.datanets, genesis, length);
        VM.warp(time);
        uint64 epoch = made.currentEpoch();
        if (time < genesis) {
            same(epoch, 0, "before genesis");
            return;
        }
        truth(epoch != 0 && made.epochEnd(epoch - 1) <= time && time < made.epochEnd(epoch), "inside");
    }

    function test_a_calendar_has_a_genesis_and_a_length() public {
        refuse(abi.encodeWithSelector(EpochCalendar.CalendarInvalid.selector, 0, 1));
        new ModelRegistry(d.datanets, 0, 1);
        refuse(abi.encodeWithSelector(EpochCalendar.CalendarInvalid.selector, 1, 0));
        new ModelRegistry(d.datanets, 1, 0);
    }
}
