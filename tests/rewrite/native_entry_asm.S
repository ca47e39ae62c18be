// In: the state of a `syscall` instruction, and rcx = where to return to. Preserves everything but rax, rcx and r11; flags
// too, so no arithmetic here.
//
// The return address waits on the stack below the red zone. Three calls make that difficult:
// - clone onto another stack: the child starts there, so the address is put there as well;
// - vfork: the child runs on the same stack and would overwrite it, so it becomes a fork;
// - clone3: its stack is inside a struct; ENOSYS, and libraries fall back to clone.

  .text
  .macro ENTRY name, counter
  .globl \name
\name:
  movq \counter(%rip), %r11
  leaq 1(%r11), %r11
  movq %r11, \counter(%rip)
  jmp make_call
  .endm

ENTRY native_syscall_entry, native_syscall_count
ENTRY native_syscall_entry_vector, native_syscall_count_vector

make_call:
  leaq -128(%rsp), %rsp
  pushq %rcx
  pushfq
  cmpq $435, %rax             // clone3
  je 3f
  cmpq $58, %rax              // vfork
  je 2f
  cmpq $56, %rax              // clone
  jne 1f
  testq %rsi, %rsi
  je 1f
  // The child finds the same two words on its stack.
  leaq -144(%rsi), %rsi
  movq %rcx, 8(%rsi)
  movq (%rsp), %r11
  movq %r11, (%rsi)
  pushq %r11
  popfq
  syscall
  leaq 144(%rsi), %rsi
  popfq
  popq %rcx
  leaq 128(%rsp), %rsp
  jmp *%rcx
2: movl $57, %eax
1: popfq                      // the call sees the program's flags
  syscall
  popq %rcx
  leaq 128(%rsp), %rsp
  jmp *%rcx
3: popfq
  movq $-38, %rax
  popq %rcx
  leaq 128(%rsp), %rsp
  jmp *%rcx

  .bss
  .p2align 3
  .globl native_syscall_count, native_syscall_count_vector
  .hidden native_syscall_count, native_syscall_count_vector
native_syscall_count: .skip 8
native_syscall_count_vector: .skip 8
  .section .note.GNU-stack, "", @progbits
