// All ways into and out of the enclave, and between the program and the runtime.
// SAFETY: this file is the ABI's lower edge; each block states what it may assume of the registers.

#include "enclave/entry/offsets.h"
#include "enclave/entry/enclu.inc"

.text

// EENTER arrives here. rax = CSSA, rbx = TCS, rcx = where EEXIT shall go; rdi, rsi, rdx, r8, r9 and the stack registers are
// the host's. Nothing is trusted but rax, and GS, which EENTER loaded from the measured TCS.
.globl enclave_entry
.hidden enclave_entry
.type enclave_entry, @function
enclave_entry:
    cld
    test %rax, %rax
    jnz .Lexception
    movq %rsp, %gs:ETHREAD_HOST_RSP
    movq %rbp, %gs:ETHREAD_HOST_RBP
    movq %rcx, %gs:ETHREAD_HOST_TARGET
    movq %gs:ETHREAD_EXIT_RSP, %r10
    test %r10, %r10
    jnz .Lreturn_from_host

    // First entry of this ethread: start its scheduler on its own stack.
    movq %gs:ETHREAD_STACK_TOP, %rsp
    pushq $0x202                    // no AC, TF, DF, NT from the host
    popfq
    xorl %ebp, %ebp
    call ethread_start              // (rdi = reason, rsi = StartInfo); never returns
    ud2

.Lreturn_from_host:
    movq %r10, %rsp
    movq $0, %gs:ETHREAD_EXIT_RSP
    pushq $0x202
    popfq
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

// After an AEX (CSSA > 0): the state of what was interrupted is in the SSA.
.Lexception:
    movq %rsp, %gs:ETHREAD_AEX_RSP
    movq %rbp, %gs:ETHREAD_AEX_RBP
    movq %rcx, %gs:ETHREAD_AEX_TARGET
    movq %gs:ETHREAD_STACK_TOP, %rsp
    subq $EXCEPTION_STACK_OFFSET, %rsp
    pushq $0x202
    popfq
    xorl %ebp, %ebp
    movq %rdi, %rsi                 // reason
    movq %rax, %rdi                 // CSSA
    call handle_aex
    movq %gs:ETHREAD_AEX_RSP, %rsp
    movq %gs:ETHREAD_AEX_RBP, %rbp
    movq %gs:ETHREAD_AEX_TARGET, %rbx
    jmp .Lexit
.size enclave_entry, . - enclave_entry

// void exit_to_host(void): leaves by EEXIT and returns when the host enters again. What the host shall do stands in the
// EthreadArea. Vector registers and FS are the caller's business (exit.cc).
.globl exit_to_host
.hidden exit_to_host
.type exit_to_host, @function
exit_to_host:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, %gs:ETHREAD_EXIT_RSP
    movq %gs:ETHREAD_HOST_RSP, %rsp
    movq %gs:ETHREAD_HOST_RBP, %rbp
    movq %gs:ETHREAD_HOST_TARGET, %rbx
.Lexit:
    // No register carries a secret out.
    xorl %ecx, %ecx
    xorl %edx, %edx
    xorl %esi, %esi
    xorl %edi, %edi
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    xorl %r11d, %r11d
    xorl %r12d, %r12d
    xorl %r13d, %r13d
    xorl %r14d, %r14d
    xorl %r15d, %r15d
    movl $ENCLU_EEXIT, %eax
    ENCLU_SITE
    ud2
.size exit_to_host, . - exit_to_host

// A rewritten site jumps here with rcx = where to continue and everything else as at a `syscall` instruction.
.globl system_call_entry_vector
.hidden system_call_entry_vector
.type system_call_entry_vector, @function
system_call_entry_vector:
    movq %rsp, %r11
    movq %gs:ETHREAD_KERNEL_STACK, %rsp
    pushq $1                        // kFrameVectorLive
    jmp .Lsystem_call
.globl system_call_entry
.hidden system_call_entry
.type system_call_entry, @function
system_call_entry:
    movq %rsp, %r11
    movq %gs:ETHREAD_KERNEL_STACK, %rsp
    pushq $0
.Lsystem_call:
    pushq %r11                      // rsp
    pushfq                          // a call preserves the flags, as the instruction does
    cld
    pushq %rcx                      // rip
    pushq %rax                      // orig_rax
    pushq %rdi
    pushq %rsi
    pushq %rdx
    pushq %rcx
    pushq %rax
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, %rdi
    call dispatch_system_call
    testb %al, %al
    jnz full_return
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    addq $8, %rsp
    popq %r10
    popq %r9
    popq %r8
    popq %rax
    popq %rcx
    popq %rdx
    popq %rsi
    popq %rdi
    addq $8, %rsp
    popq %rcx                       // rip
    popfq
    popq %rsp
    jmp *%rcx
.size system_call_entry, . - system_call_entry

// rsp = UserFrame: loads every register from it.
.globl full_return
.hidden full_return
.type full_return, @function
full_return:
    movq 128(%rsp), %rax
    movq %rax, %gs:ETHREAD_SCRATCH  // stays valid: the runtime is not preempted before the jump
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rax
    popq %rcx
    popq %rdx
    popq %rsi
    popq %rdi
    addq $16, %rsp
    popfq
    popq %rsp
    jmp *%gs:ETHREAD_SCRATCH
.size full_return, . - full_return

// Where an exception or a preemption of the program continues at CSSA 0: rsp = UserFrame on the kernel stack.
.globl exception_continuation
.hidden exception_continuation
.type exception_continuation, @function
exception_continuation:
    movq %rsp, %rdi
    call handle_program_exception
    jmp full_return
.size exception_continuation, . - exception_continuation

// First code of a new thread, reached by switch_context: rsp = UserFrame.
.globl thread_continuation
.hidden thread_continuation
.type thread_continuation, @function
thread_continuation:
    movq %rsp, %rdi
    call begin_thread
    jmp full_return
.size thread_continuation, . - thread_continuation

// void switch_context(uint64_t* save_rsp, uint64_t load_rsp)
.globl switch_context
.hidden switch_context
.type switch_context, @function
switch_context:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret
.size switch_context, . - switch_context

// uint64_t enclu_pages(uint64_t leaf, const SecInfo* info, uint64_t page, uint64_t source, uint64_t count)
// Executes EACCEPT, EACCEPTCOPY or EMODPE on `count` pages. Returns 0 or the first SGX error code.
// The register use inside the loop is a contract with the software model (host/device/soft): it may complete several rounds
// at one site, advancing rcx, rdx and r8 as the loop would.
.globl enclu_pages
.hidden enclu_pages
.type enclu_pages, @function
enclu_pages:
    pushq %rbx
    movq %rdi, %r10                 // leaf
    movq %rsi, %rbx                 // SECINFO
    movq %rdx, %rsi
    movq %rcx, %rdx                 // source page
    movq %rsi, %rcx                 // target page
1:
    movl %r10d, %eax
    ENCLU_SITE
    cmpl $ENCLU_EMODPE, %r10d       // has no error code: RAX is unchanged
    je 2f
    testl %eax, %eax
    jnz 3f
2:
    addq $4096, %rcx
    addq $4096, %rdx
    decq %r8
    jnz 1b
    xorl %eax, %eax
3:
    popq %rbx
    ret
.size enclu_pages, . - enclu_pages

// uint64_t enclu_leaf(uint64_t leaf, uint64_t rbx, uint64_t rcx, uint64_t rdx): EREPORT, EGETKEY. Returns RAX.
.globl enclu_leaf
.hidden enclu_leaf
.type enclu_leaf, @function
enclu_leaf:
    pushq %rbx
    movq %rdi, %rax
    movq %rsi, %rbx
    xchgq %rcx, %rdx
    ENCLU_SITE
    popq %rbx
    ret
.size enclu_leaf, . - enclu_leaf

.section .note.GNU-stack, "", @progbits
