// Declarations of all system-call handlers, by family. Signatures follow the man pages (section 2); each family is defined in
// the .cc of the same name.
#pragma once

#include "enclave/syscall/futex.h"
#include "enclave/syscall/identity.h"
#include "enclave/syscall/limits.h"
#include "enclave/syscall/memory.h"
#include "enclave/syscall/prctl.h"
#include "enclave/syscall/random.h"
#include "enclave/syscall/sched_calls.h"
#include "enclave/syscall/signal.h"
#include "enclave/syscall/system.h"
#include "enclave/syscall/thread.h"
#include "enclave/syscall/time.h"
#include "enclave/syscall/timer.h"
