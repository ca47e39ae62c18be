// Which ethreads are on duty: Crew's policy, applied to the ethread that asks.
#pragma once

#include <cstdint>

#include "enclave/entry/ethread.h"

namespace scone::sched {

// Once per turn of the scheduler. `ran`: it ran a thread since the last turn. False: this ethread hands its threads over and stands by.
bool on_duty(entry::Ethread& ethread, bool ran);

// In the middle of a turn: its thread may have run for long, and may go on. Returns how many ethreads may take threads.
uint32_t note_turn(entry::Ethread& ethread);

// How many ethreads may take threads at present.
uint32_t ethreads_wanted();

// Back from outside, where nothing was computed since `left_at`.
void note_return(entry::Ethread& ethread, uint64_t left_at);

// Back from waiting for events, of which `waited` cycles were nothing but that, as the host says.
void note_wait(entry::Ethread& ethread, uint64_t waited);

}  // namespace scone::sched
