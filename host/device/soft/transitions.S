// Crossing between host and enclave. FS and GS base are the host's in C++ code and the enclave's in enclave code; a signal may
// hit any instruction here, and its entry below puts the host's bases in place whatever it finds.
// SAFETY: this file is the model's processor; each block states what it may assume of the registers.

#include "host/device/soft/thread_layout.h"

.text
.globl soft_text_begin
.hidden soft_text_begin
soft_text_begin:

.macro FUNCTION name
.globl \name
.hidden \name
.type \name, @function
\name:
.endm

// uint32_t soft_enter(ThreadState* rdi, const EntryArgs* rsi)
FUNCTION soft_enter
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    pushq THREAD_EXIT_RSP(%rdi)     // of the enter() that this one nests in
    movq %rsp, THREAD_EXIT_RSP(%rdi)
    movq ENTRY_SSA_GPR(%rsi), %rax
    movq %rsp, GPR_URSP(%rax)
    movq %rbp, GPR_URBP(%rax)
    cmpq $0, ENTRY_ADDRESS(%rsi)
    je soft_resume
    movq ENTRY_FS(%rsi), %rax
    wrfsbase %rax
    movq ENTRY_GS(%rsi), %rax
    wrgsbase %rax
    movq ENTRY_CSSA(%rsi), %rax
    movq ENTRY_TCS(%rsi), %rbx
    leaq soft_enter_return(%rip), %rcx
    movq ENTRY_RDI(%rsi), %rdi
    movq ENTRY_RDX(%rsi), %rdx
    movq ENTRY_R8(%rsi), %r8
    movq ENTRY_R9(%rsi), %r9
    movq ENTRY_ADDRESS(%rsi), %r11
    movq ENTRY_RSI(%rsi), %rsi
    jmp *%r11

// EEXIT comes here with the leaf in eax; nothing else that the enclave left is relied on.
FUNCTION soft_enter_return
    movq soft_current@gottpoff(%rip), %rcx
    movq %fs:(%rcx), %rcx
.Lleave:
    movq THREAD_EXIT_RSP(%rcx), %rsp
    popq THREAD_EXIT_RSP(%rcx)
    cld
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret

// void soft_leave(ThreadState* rdi, uint32_t esi)
FUNCTION soft_leave
    movq %rdi, %rcx
    movl %esi, %eax
    jmp .Lleave

// Stands for the ENCLU[ERESUME] that an AEX returns to. Never executed: the model resumes by itself.
FUNCTION soft_aep
    ud2

// A processor keeps what it saves of an enclave in the enclave: nothing of a program's vector registers stays in the model's memory.
// Clobbers rax, rcx, rdi.
.macro WIPE_XSAVE thread, area
    movq THREAD_XSAVE_WORDS(\thread), %rcx
    leaq \area(\thread), %rdi
    xorl %eax, %eax
    rep stosq
.endm

// void soft_resume(ThreadState* rdi). The stack is given up: IRETQ alone loads rip, rsp and rflags together without touching
// memory of the enclave.
FUNCTION soft_resume
    movq THREAD_XFRM(%rdi), %rax
    movq %rax, %rdx
    shrq $32, %rdx
    xrstor64 THREAD_RESUME_XSAVE(%rdi)
    movq %rdi, %rdx
    WIPE_XSAVE %rdx, THREAD_RESUME_XSAVE
    movq %rdx, %rdi
    movq THREAD_RESUME+GPR_FS(%rdi), %rax
    wrfsbase %rax
    movq THREAD_RESUME+GPR_GS(%rdi), %rax
    wrgsbase %rax
    movq THREAD_GATE_STACK(%rdi), %rsp
    movl %ss, %eax
    pushq %rax
    pushq THREAD_RESUME+GPR_RSP(%rdi)
    pushq THREAD_RESUME+GPR_RFLAGS(%rdi)
    movl %cs, %eax
    pushq %rax
    pushq THREAD_RESUME+GPR_RIP(%rdi)
    movq THREAD_RESUME+GPR_RAX(%rdi), %rax
    movq THREAD_RESUME+GPR_RCX(%rdi), %rcx
    movq THREAD_RESUME+GPR_RDX(%rdi), %rdx
    movq THREAD_RESUME+GPR_RBX(%rdi), %rbx
    movq THREAD_RESUME+GPR_RBP(%rdi), %rbp
    movq THREAD_RESUME+GPR_RSI(%rdi), %rsi
    movq THREAD_RESUME+GPR_R8(%rdi), %r8
    movq THREAD_RESUME+GPR_R9(%rdi), %r9
    movq THREAD_RESUME+GPR_R10(%rdi), %r10
    movq THREAD_RESUME+GPR_R11(%rdi), %r11
    movq THREAD_RESUME+GPR_R12(%rdi), %r12
    movq THREAD_RESUME+GPR_R13(%rdi), %r13
    movq THREAD_RESUME+GPR_R14(%rdi), %r14
    movq THREAD_RESUME+GPR_R15(%rdi), %r15
    movq THREAD_RESUME+GPR_RDI(%rdi), %rdi
    iretq

// Finds the calling thread by its GS base, which the enclave must not have changed for this to work. In: nothing. Out: rcx =
// ThreadState. Clobbers rdx, rsi and flags. Jumps to \unknown if the GS base is none that EENTER loaded.
.macro FIND_THREAD unknown
    rdgsbase %rcx
    movq %rcx, %rdx
    shrq $12, %rdx
    andl $(GATE_THREADS - 1), %edx
    shll $4, %edx
    leaq soft_gate_threads(%rip), %rsi
    addq %rsi, %rdx
    cmpq %rcx, (%rdx)
    jne \unknown
    movq 8(%rdx), %rcx
.endm

// Reloads what the gate saved, from the GprSgx at rsp, except flags; leaves rsp at the pushed rdx, rcx, and the return address.
.macro RESTORE_GATE_REGISTERS
    movq GPR_RSP(%rsp), %rax        // the enclave's stack, holding: rsi, rdx, rcx, return address
    movq GPR_RSI(%rsp), %rcx
    movq %rcx, (%rax)
    movq GPR_RDX(%rsp), %rcx
    movq %rcx, 8(%rax)
    movq GPR_RCX(%rsp), %rcx
    movq %rcx, 16(%rax)
    pushq GPR_RFLAGS(%rsp)
    popfq
    movq GPR_RAX(%rsp), %rax
    movq GPR_RBX(%rsp), %rbx
    movq GPR_RBP(%rsp), %rbp
    movq GPR_RDI(%rsp), %rdi
    movq GPR_R8(%rsp), %r8
    movq GPR_R9(%rsp), %r9
    movq GPR_R10(%rsp), %r10
    movq GPR_R11(%rsp), %r11
    movq GPR_R12(%rsp), %r12
    movq GPR_R13(%rsp), %r13
    movq GPR_R14(%rsp), %r14
    movq GPR_R15(%rsp), %r15
    movq GPR_RSP(%rsp), %rsp
    popq %rsi
    popq %rdx
    popq %rcx
.endm

// The gate page jumps here: rsp = return address of the patched ENCLU site, every other register as at the instruction.
// Flags stay untouched until it is known that the leaf is not one that preserves them.
FUNCTION soft_gate
    pushq %rcx
    leaq -4(%rax), %rcx
    jecxz .Leexit
    jmp .Lleaf

// EEXIT: to rbx, with rcx = AEP, everything else as it is but flags.
.Leexit:
    pushq %rdx
    pushq %rsi
    FIND_THREAD .Lunknown_exit
    movq THREAD_TCS_BUSY(%rcx), %rdx
    movl $0, (%rdx)
    movq THREAD_HOST_FS(%rcx), %rdx
    wrfsbase %rdx
    movq THREAD_HOST_GS(%rcx), %rdx
    wrgsbase %rdx
    popq %rsi
    popq %rdx
    addq $16, %rsp
    leaq soft_aep(%rip), %rcx
    jmp *%rbx
.Lunknown_exit:
    popq %rsi
    popq %rdx
    popq %rcx
    jmp soft_gate_trap

.Lleaf:
    pushq %rdx
    pushq %rsi
    pushfq
    FIND_THREAD .Lunknown
    popq %rsi                       // flags
    movq %rsp, %rdx
    movq THREAD_GATE_STACK(%rcx), %rsp
    subq $GPR_FRAME, %rsp
    movq %rsi, GPR_RFLAGS(%rsp)
    movq %rax, GPR_RAX(%rsp)
    movq %rdx, GPR_RSP(%rsp)
    movq %rbx, GPR_RBX(%rsp)
    movq %rbp, GPR_RBP(%rsp)
    movq %rdi, GPR_RDI(%rsp)
    movq %r8, GPR_R8(%rsp)
    movq %r9, GPR_R9(%rsp)
    movq %r10, GPR_R10(%rsp)
    movq %r11, GPR_R11(%rsp)
    movq %r12, GPR_R12(%rsp)
    movq %r13, GPR_R13(%rsp)
    movq %r14, GPR_R14(%rsp)
    movq %r15, GPR_R15(%rsp)
    movq (%rdx), %rax
    movq %rax, GPR_RSI(%rsp)
    movq 8(%rdx), %rax
    movq %rax, GPR_RDX(%rsp)
    movq 16(%rdx), %rax
    movq %rax, GPR_RCX(%rsp)
    rdfsbase %rax
    movq %rax, GPR_FS(%rsp)
    movq THREAD_HOST_FS(%rcx), %rax
    wrfsbase %rax
    cld
    movq %rcx, %rbx
    movq THREAD_XFRM(%rbx), %rax
    movq %rax, %rdx
    shrq $32, %rdx
    xsave64 THREAD_GATE_XSAVE(%rbx)
    movq %rbx, %rdi
    movq %rsp, %rsi
    call soft_gate_leaf             // (ThreadState*, GprSgx*): 0, or 1 if the leaf faults
    movl %eax, %ebp
    movq THREAD_XFRM(%rbx), %rax
    movq %rax, %rdx
    shrq $32, %rdx
    xrstor64 THREAD_GATE_XSAVE(%rbx)
    WIPE_XSAVE %rbx, THREAD_GATE_XSAVE
    movq GPR_FS(%rsp), %rax
    wrfsbase %rax
    testl %ebp, %ebp
    jnz .Lfaulting
    RESTORE_GATE_REGISTERS
    ret
.Lfaulting:
    RESTORE_GATE_REGISTERS
    jmp soft_gate_trap
.Lunknown:
    popfq
    popq %rsi
    popq %rdx
    popq %rcx
    jmp soft_gate_trap

// Lets the signal handler serve the leaf: rsp = return address, all else as at the site.
FUNCTION soft_gate_trap
    .byte 0x0f, 0x01, 0xd7
    ud2

// Signal entries: rdi = signo, rsi = siginfo, rdx = ucontext, as the kernel calls a handler. SA_ONSTACK puts an attached thread on
// the signal stack in its slot; another thread is outside the arena, and its segment bases are the host's.
// In both: rbx = ThreadState or 0; 0(%rsp), 8(%rsp) = the interrupted FS and GS base. Registers need not be preserved: sigreturn
// reloads them.
.macro SIGNAL_PROLOGUE
    pushq %rbp
    movq %rsp, %rbp
    subq $16, %rsp
    xorl %ebx, %ebx
    movq %rsp, %rax
    subq soft_arena_begin(%rip), %rax
    cmpq soft_arena_size(%rip), %rax
    jae 1f
    movq %rsp, %rbx
    andq $-SLOT_SIZE, %rbx
    rdfsbase %rax
    movq %rax, (%rsp)
    rdgsbase %rax
    movq %rax, 8(%rsp)
    movq THREAD_HOST_FS(%rbx), %rax
    wrfsbase %rax
    movq THREAD_HOST_GS(%rbx), %rax
    wrgsbase %rax
1:
    pushq $0x202                    // the enclave may have set AC
    popfq
    movq %rbx, %rcx
    movq %rsp, %r8
.endm
.macro SIGNAL_EPILOGUE
    testq %rbx, %rbx
    jz 1f
    movq (%rsp), %rax
    wrfsbase %rax
    movq 8(%rsp), %rax
    wrgsbase %rax
1:
    leave
    ret
.endm

FUNCTION soft_fault_entry
    SIGNAL_PROLOGUE
    call soft_on_fault              // (signo, siginfo, ucontext, ThreadState*, SegmentBases*)
    SIGNAL_EPILOGUE

FUNCTION soft_async_entry
    SIGNAL_PROLOGUE
    call soft_on_async              // the same; returns an AsyncFrame on the host's stack, or 0
    testq %rax, %rax
    jnz .Lon_host_stack
    SIGNAL_EPILOGUE
.Lon_host_stack:
    movq %rax, %rsp                 // the frame is 16-byte aligned
    movq %rax, %rdi
    xorl %ebp, %ebp
    call soft_run_async             // never returns

// uint32_t soft_copy(void* rdi, const void* rsi, size_t rdx)
FUNCTION soft_copy
    movq %rdx, %rcx
    xorl %eax, %eax
.globl soft_copy_begin
.hidden soft_copy_begin
soft_copy_begin:
    rep movsb
.globl soft_copy_end
.hidden soft_copy_end
soft_copy_end:
    ret
FUNCTION soft_copy_refused
    movl $1, %eax
    ret

.globl soft_text_end
.hidden soft_text_end
soft_text_end:

.section .note.GNU-stack, "", @progbits
