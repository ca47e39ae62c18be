// The test enclave's way in and out, and the instructions it is asked to execute.
// SAFETY: the lower edge of a test program; relies on the Ethread block that the image loader wrote (GS).

#include "enclave/entry/enclu.inc"

#define BLOCK_STACK_TOP 0x10
#define STACK_PER_LEVEL 16384

.text
// rax = CSSA, rcx = target of EEXIT; rdi, rsi, rdx = command, Arguments, spare. One stack per level of CSSA.
.globl enclave_entry
.hidden enclave_entry
enclave_entry:
    cld
    movq %rsp, %r10
    movq %rbp, %r11
    movq %rax, %r12
    imulq $STACK_PER_LEVEL, %rax
    movq %gs:BLOCK_STACK_TOP, %rsp
    subq %rax, %rsp
    pushq %r10
    pushq %r11
    pushq %rcx
    pushq %r8
    pushq %r9
    movq %r12, %rcx
    movq %rsp, %r8                  // what EENTER passed, for kEcho
    subq $8, %rsp
    call enclave_main
    addq $24, %rsp
    popq %rbx
    popq %rbp
    popq %rsp
    movl $4, %eax
    ENCLU_SITE
    ud2

// Each of these returns all ones if the handler skipped it: the handler sends RIP to `skipped`, RSP as at the call.
.macro PROBE name
.globl \name
.hidden \name
\name:
    movq %rsp, %gs:0x100            // for the handler
    movq %rbx, %gs:0x108
    movq %r15, %gs:0x110
.endm

PROBE probe_read
    movzbl (%rdi), %eax
    ret
PROBE probe_write
    movb %sil, (%rdi)
    xorl %eax, %eax
    ret
PROBE probe_call
    call *%rdi
    ret
PROBE probe_divide
    movq %rdi, %rax
    xorl %edx, %edx
    divq %rsi
    ret
// These would set the process's umask to 0123, which the tests would see.
PROBE probe_syscall
    movl $95, %eax
    movl $0123, %edi
    syscall
    xorl %eax, %eax
    ret
PROBE probe_sysenter                // (rdi): what the kernel takes for a 32-bit stack pointer
    movl $60, %eax
    movl $0123, %ebx
    movq %rdi, %rbp
    sysenter
    ud2
PROBE probe_int80
    movl $60, %eax
    movl $0123, %ebx
    int $0x80
    xorl %eax, %eax
    ret
PROBE probe_cpuid
    pushq %rbx
    xorl %eax, %eax
    cpuid
    popq %rbx
    xorl %eax, %eax
    ret
PROBE probe_ud2
    ud2
PROBE probe_int3
    int3
    xorl %eax, %eax
    ret
PROBE probe_unknown_leaf
    movl $99, %eax
    ENCLU_SITE
    xorl %eax, %eax
    ret
PROBE probe_privileged
    hlt
PROBE probe_enter
    movl $2, %eax
    .byte 0x0f, 0x01, 0xd7          // not listed: traps in the fast fidelity, too
    xorl %eax, %eax
    ret

.globl skipped
.hidden skipped
skipped:
    movq $-1, %rax
    movq %gs:0x108, %rbx
    movq %gs:0x110, %r15
    ret

// uint64_t leaf_loop(uint64_t leaf, const SecInfo* info, uint64_t page, uint64_t source, uint64_t count)
PROBE leaf_loop
    pushq %rbx
    movq %rdi, %r10
    movq %rsi, %rbx
    movq %rdx, %rsi
    movq %rcx, %rdx
    movq %rsi, %rcx
1:  movl %r10d, %eax
    ENCLU_SITE
    cmpl $6, %r10d
    je 2f
    testl %eax, %eax
    jnz 3f
2:  addq $4096, %rcx
    addq $4096, %rdx
    decq %r8
    jnz 1b
    xorl %eax, %eax
3:  popq %rbx
    ret

// uint64_t one_leaf(uint64_t leaf, uint64_t rbx, uint64_t rcx, uint64_t rdx). Returns all ones if it changed what it must preserve.
PROBE one_leaf
    pushq %rbx
    pushq %r15
    movq %rdi, %rax
    movq %rsi, %rbx
    xchgq %rcx, %rdx
    movq $0x1515, %r15
    movq $0x1111, %r11
    movq %r11, %xmm3
    movl $1, %r8d
    ENCLU_SITE
    cmpq $0x1515, %r15
    jne 1f
    cmpq $0x1111, %r11
    jne 1f
    movq %xmm3, %r11
    cmpq $0x1111, %r11
    jne 1f
    popq %r15
    popq %rbx
    ret
1:  popq %r15
    popq %rbx
    movq $-2, %rax
    ret

// uint64_t compute(uint64_t rounds, uint64_t* sum): returns 1 if a vector register, MXCSR or a flag lost its value on the way.
.globl compute
.hidden compute
compute:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $8, %rsp
    movl $0x9fc0, (%rsp)            // MXCSR: flush to zero, and masked exceptions
    stmxcsr 4(%rsp)
    ldmxcsr (%rsp)
    movl $0x3f, %eax
    movq %rax, %xmm0
    pcmpeqd %xmm1, %xmm1
    vinsertf128 $1, %xmm1, %ymm0, %ymm2
    vinsertf128 $1, %xmm0, %ymm1, %ymm15
    movl $1, %eax
    movl $2, %ebx
    movl $3, %ecx
    movl $4, %edx
    movl $5, %ebp
    movl $6, %r8d
    movl $7, %r9d
    movl $8, %r10d
    movl $9, %r11d
    movl $10, %r12d
    movl $11, %r13d
    movl $12, %r14d
    movl $13, %r15d
1:  addq %rbx, %rax
    rolq $5, %rbx
    xorq %rax, %rbx
    addq %rcx, %rdx
    rolq $7, %rcx
    xorq %rdx, %rcx
    addq %rbp, %r8
    rolq $9, %rbp
    xorq %r8, %rbp
    addq %r9, %r10
    adcq %r11, %r9
    rolq $11, %r11
    xorq %r10, %r11
    addq %r12, %r13
    adcq %r14, %r12
    rolq $13, %r14
    xorq %r13, %r14
    addq %r15, %rax
    rolq $3, %r15
    movq %rax, -64(%rsp)            // the red zone is the program's
    xorq -64(%rsp), %r15
    xorq %rax, %r15
    addq %rdx, %r15
    decq %rdi
    jnz 1b
    addq %rbx, %rax
    addq %rcx, %rax
    addq %rdx, %rax
    addq %rbp, %rax
    addq %r8, %rax
    addq %r9, %rax
    addq %r10, %rax
    addq %r11, %rax
    addq %r12, %rax
    addq %r13, %rax
    addq %r14, %rax
    addq %r15, %rax
    movq %rax, (%rsi)
    xorl %eax, %eax
    movl $0x3f, %ecx
    movq %rcx, %xmm3
    pcmpeqd %xmm4, %xmm4
    vinsertf128 $1, %xmm4, %ymm3, %ymm5
    vinsertf128 $1, %xmm3, %ymm4, %ymm6
    vxorps %ymm2, %ymm5, %ymm5
    vxorps %ymm15, %ymm6, %ymm6
    vorps %ymm5, %ymm6, %ymm6
    vptest %ymm6, %ymm6
    jnz 2f
    movl 4(%rsp), %ecx
    stmxcsr 4(%rsp)
    cmpl $0x9fc0, 4(%rsp)
    jne 2f
    jmp 3f
2:  movl $1, %eax
3:  movl %ecx, 4(%rsp)
    ldmxcsr 4(%rsp)
    vzeroupper
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

// Overwrites vector registers and MXCSR, as a handler at CSSA > 0 may.
.globl scribble
.hidden scribble
scribble:
    movl $0x1f80, -8(%rsp)
    ldmxcsr -8(%rsp)
    vpcmpeqd %ymm0, %ymm0, %ymm0
    vpcmpeqd %ymm2, %ymm2, %ymm2
    vxorps %ymm15, %ymm15, %ymm15
    vzeroupper
    ret

.section .note.GNU-stack, "", @progbits
