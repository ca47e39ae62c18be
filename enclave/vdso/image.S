// The vDSO's file, as vdso.cc was linked.
.section .rodata.vdso_image, "a"
.balign 8
.globl vdso_image_begin, vdso_image_end
.hidden vdso_image_begin, vdso_image_end
vdso_image_begin:
    .incbin "vdso.so"
vdso_image_end:

.section .note.GNU-stack, "", @progbits
