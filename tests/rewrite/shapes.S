// System calls in the shapes that compilers and libraries give them. Position independent, with its data inside, so
// that a copy runs anywhere. Every shape is `long shape(long a, long b, struct Registers*)`.

  .macro FUNCTION name
  .p2align 4
\name:
  .endm
  // An entry of shape_table: name, offset in the blob, size.
  .macro END name
  .set \name\()_size, . - \name
  .pushsection .rodata.names, "a"
1: .asciz "\name"
  .popsection
  .pushsection .data.rel.ro, "aw"
  .quad 1b, \name - shapes_begin, \name\()_size
  .popsection
  .endm

  .section .data.rel.ro, "aw"
  .globl shape_table
  .p2align 3
shape_table:

  .text
  .globl shapes_begin, shapes_end
  .p2align 12
shapes_begin:

FUNCTION plain                // mov eax, imm; syscall; ret
  movl $39, %eax              // getpid
  syscall
  ret
END plain

FUNCTION checked              // the C library's usual shape
  movl $124, %eax             // getsid(a): fails for a = -1
  syscall
  cmpq $-4095, %rax
  jae 1f
  ret
1: negq %rax
  addq $1000, %rax
  ret
END checked

FUNCTION flags_live           // flags go through a system call unchanged
  cmpq %rsi, %rdi
  movl $39, %eax
  syscall
  sbbq %rax, %rax             // -1 if a < b
  ret
END flags_live

FUNCTION flags_overflow
  movq $0x7fffffffffffffff, %rax
  addq %rdi, %rax
  movl $39, %eax
  syscall
  seto %al
  movzbl %al, %eax
  ret
END flags_overflow

FUNCTION rip_load_behind
  movl $39, %eax
  syscall
  movq number(%rip), %rax
  ret
END rip_load_behind

FUNCTION rip_compare_behind   // a displacement with an immediate behind it
  movl $39, %eax
  syscall
  cmpl $12345678, number(%rip)
  sete %al
  movzbl %al, %eax
  ret
END rip_compare_behind

FUNCTION rip_address_before
  movq %rsi, %r8
  movl $39, %eax
  leaq number(%rip), %rdx
  syscall
  ret                         // forces what is before to move
  int3
END rip_address_before

FUNCTION rip_load_before
  movl $39, %eax
  syscall
  push %rax
  movl number(%rip), %eax     // 12345678: no such call
  syscall
  pop %rcx
  ret
END rip_load_before

FUNCTION branch_before        // a conditional jump moves
  testq %rdi, %rdi
  movl $39, %eax
  je 1f
  movq %rsi, %rdx
  syscall
  ret
1: movl $77, %eax
  ret
END branch_before

FUNCTION branch_behind
  movl $124, %eax
  syscall
  testq %rax, %rax
  js 1f
  movl $1, %eax
  ret
1: movl $2, %eax
  ret
END branch_behind

FUNCTION retry                // the site's window is a branch target
  movl $3, %r8d
1: movl $39, %eax
  syscall
  decl %r8d
  jnz 1b
  movl %r8d, %eax
  ret
END retry

FUNCTION two_in_a_row
  movl $39, %eax
  syscall
  movq %rax, %r8
  movl $39, %eax
  syscall
  subq %r8, %rax
  ret
END two_in_a_row

FUNCTION touching             // second one keeps its instruction, or moves another neighbour
  movl $39, %eax
  syscall
  syscall                     // number: the process id; most likely no such call
  cmpq $-4095, %rax
  jae 1f
1: movl $5, %eax
  ret
END touching

FUNCTION red_zone             // bytes below rsp survive
  movq %rdi, -8(%rsp)
  movq %rsi, -128(%rsp)
  movl $39, %eax
  syscall
  movq -8(%rsp), %rax
  addq -128(%rsp), %rax
  ret
END red_zone

FUNCTION stack_moves          // push and pop around the call are moved
  pushq %rdi
  movl $39, %eax
  syscall
  popq %rax
  addq %rsi, %rax
  ret
END stack_moves

FUNCTION six_arguments        // pread64-like: all argument registers are used
  movl $9, %eax               // mmap
  movq %rdi, %rsi
  xorl %edi, %edi
  movl $3, %edx
  movl $0x22, %r10d
  movq $-1, %r8
  xorl %r9d, %r9d
  syscall
  cmpq $-4095, %rax
  jae 1f
  movq %rax, %rdi
  movl $11, %eax              // munmap; rsi is the size still
  syscall
1: ret
END six_arguments

FUNCTION jump_table           // arrives right behind a call, by a computed jump
  leaq 1f(%rip), %rax
  addq %rdi, %rax             // a = 0: the call; a = 2: behind it
  movl $39, %ecx
  pushq %rax
  movl $39, %eax
  testq %rdi, %rdi
  je 3f
  movl $1234, %eax
3: ret                        // to 1 or 2
  .p2align 4
  // Reached by nothing a decoder can see; aligned so that 1 is the first byte.
1: syscall
2: cmpq $-4095, %rax
  jae 4f
  addq $7, %rax
4: ret
END jump_table

FUNCTION registers            // loads them all from the third argument, calls, and stores them all back
  pushq %rbx
  pushq %rbp
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  pushq %rdx
  movq %rdx, %rax
  movq 0(%rax), %rbx
  movq 8(%rax), %rdx
  movq 16(%rax), %rsi
  movq 24(%rax), %rdi
  movq 32(%rax), %rbp
  movq 40(%rax), %r8
  movq 48(%rax), %r9
  movq 56(%rax), %r10
  movq 64(%rax), %r12
  movq 72(%rax), %r13
  movq 80(%rax), %r14
  movq 88(%rax), %r15
  movdqu 96(%rax), %xmm0
  movdqu 112(%rax), %xmm15
  movl $39, %eax
  syscall
  xchgq %rax, (%rsp)
  movq %rbx, 0(%rax)
  movq %rdx, 8(%rax)
  movq %rsi, 16(%rax)
  movq %rdi, 24(%rax)
  movq %rbp, 32(%rax)
  movq %r8, 40(%rax)
  movq %r9, 48(%rax)
  movq %r10, 56(%rax)
  movq %r12, 64(%rax)
  movq %r13, 72(%rax)
  movq %r14, 80(%rax)
  movq %r15, 88(%rax)
  movdqu %xmm0, 96(%rax)
  movdqu %xmm15, 112(%rax)
  popq %rax
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbp
  popq %rbx
  ret
END registers

FUNCTION cancellation_point   // musl's: reads its stack arguments, the end of the call is a label of its own
  movq %rdi, %r11
  movl $39, %eax
  movq %r11, -8(%rsp)
  syscall
  ret
  jmp plain
END cancellation_point

  .p2align 4
number:
  .quad 12345678
shapes_end:

  .section .data.rel.ro, "aw"
  .globl shape_table_end
shape_table_end:

  .section .note.GNU-stack, "", @progbits
