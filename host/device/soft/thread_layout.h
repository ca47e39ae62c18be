// Offsets that transitions.S shares with ThreadState and EntryArgs; thread_state.h and transitions.h assert them.
#pragma once

#define SLOT_SIZE 0x40000

#define THREAD_HOST_FS 0
#define THREAD_HOST_GS 8
#define THREAD_EXIT_RSP 16
#define THREAD_TCS_BUSY 24
#define THREAD_GATE_STACK 32
#define THREAD_XFRM 40
#define THREAD_XSAVE_WORDS 48
#define THREAD_RESUME 64
#define THREAD_GATE_XSAVE 0x1000
#define THREAD_RESUME_XSAVE 0x2000

#define ENTRY_SSA_GPR 0
#define ENTRY_ADDRESS 8
#define ENTRY_FS 16
#define ENTRY_GS 24
#define ENTRY_TCS 32
#define ENTRY_CSSA 40
#define ENTRY_RDI 48
#define ENTRY_RSI 56
#define ENTRY_RDX 64
#define ENTRY_R8 72
#define ENTRY_R9 80

// Of GprSgx.
#define GPR_RAX 0
#define GPR_RCX 8
#define GPR_RDX 16
#define GPR_RBX 24
#define GPR_RSP 32
#define GPR_RBP 40
#define GPR_RSI 48
#define GPR_RDI 56
#define GPR_R8 64
#define GPR_R9 72
#define GPR_R10 80
#define GPR_R11 88
#define GPR_R12 96
#define GPR_R13 104
#define GPR_R14 112
#define GPR_R15 120
#define GPR_RFLAGS 128
#define GPR_RIP 136
#define GPR_URSP 144
#define GPR_URBP 152
#define GPR_FS 168
#define GPR_GS 176
#define GPR_FRAME 192 /* sizeof(GprSgx), rounded up to keep the stack aligned */

// The table by which the gate finds its thread: GATE_THREADS entries of {GS base, ThreadState*}.
#define GATE_THREADS 256
