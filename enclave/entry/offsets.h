// Offsets that assembly needs; pinned by static_asserts in ethread.h and user_frame.h.
#pragma once

#define ETHREAD_SELF 0x00
#define ETHREAD_STACK_TOP 0x10
#define ETHREAD_KERNEL_STACK 0x58
#define ETHREAD_SCRATCH 0x60
#define ETHREAD_EXIT_RSP 0x78
#define ETHREAD_HOST_RSP 0x80
#define ETHREAD_HOST_RBP 0x88
#define ETHREAD_HOST_TARGET 0x90
#define ETHREAD_AEX_RSP 0x98
#define ETHREAD_AEX_RBP 0xa0
#define ETHREAD_AEX_TARGET 0xa8

// The exception handler's stack is the lowest 16 KiB of the ethread's 64 KiB.
#define EXCEPTION_STACK_OFFSET 0xc000

#define ENCLU_EEXIT 4
#define ENCLU_EMODPE 6
