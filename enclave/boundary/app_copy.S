// Copies between program memory and elsewhere. A fault inside is not an error of the runtime: the exception handler finds the
// faulting instruction in section fault_fixups and continues at its fixup, with rax = the faulting address.
// SAFETY: the C++ callers (app_ptr.cc) have checked that the program side lies in the program's range.

.macro MAY_FAULT instruction:vararg
.Lfault_\@:
    \instruction
    .pushsection fault_fixups, "aR", @progbits
    .quad .Lfault_\@ - .
    .quad .Lfixup - .
    .popsection
.endm

.text
// All return a CopyFault in rax:rdx (app_copy.h).

// CopyFault app_copy(void* to, const void* from, uint64_t size)
.globl app_copy
.hidden app_copy
.type app_copy, @function
app_copy:
    movq %rdx, %rcx
    cmpq $128, %rdx                 // up to here `rep` takes longer to begin than this takes in all
    ja .Llong_copy
.Lnext_word:
    subq $8, %rcx
    jb .Llast_bytes
    addq $8, %rcx                   // at a fault: what is left
    MAY_FAULT movq (%rsi), %rax
    MAY_FAULT movq %rax, (%rdi)
    addq $8, %rsi
    addq $8, %rdi
    subq $8, %rcx
    jmp .Lnext_word
.Llast_bytes:
    addq $8, %rcx
    jz .Lcopied
.Lnext_byte:
    MAY_FAULT movb (%rsi), %al
    MAY_FAULT movb %al, (%rdi)
    incq %rsi
    incq %rdi
    decq %rcx
    jnz .Lnext_byte
.Lcopied:
    xorl %eax, %eax
    ret
.Llong_copy:
    MAY_FAULT rep movsb
    xorl %eax, %eax
    ret
.Lfixup:
    movq %rcx, %rdx                 // what `rep` had left
    ret
.size app_copy, . - app_copy

// CopyFault app_clear(void* to, uint64_t size)
.globl app_clear
.hidden app_clear
.type app_clear, @function
app_clear:
    movq %rsi, %rcx
    xorl %eax, %eax
    MAY_FAULT rep stosb
    ret
.size app_clear, . - app_clear

// CopyFault app_load_byte(const void* from, uint8_t* value)
.globl app_load_byte
.hidden app_load_byte
.type app_load_byte, @function
app_load_byte:
    MAY_FAULT movzbl (%rdi), %ecx
    movb %cl, (%rsi)
    xorl %eax, %eax
    ret
.size app_load_byte, . - app_load_byte

// CopyFault app_compare_exchange(uint32_t* word, uint32_t* expected_then_found, uint32_t desired)
.globl app_compare_exchange
.hidden app_compare_exchange
.type app_compare_exchange, @function
app_compare_exchange:
    movl (%rsi), %eax
    MAY_FAULT lock cmpxchgl %edx, (%rdi)
    movl %eax, (%rsi)
    xorl %eax, %eax
    ret
.size app_compare_exchange, . - app_compare_exchange

.section .note.GNU-stack, "", @progbits
