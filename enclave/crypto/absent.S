# What libcrypto refers to and an enclave does not have: files, sockets, terminals, shared libraries, contexts. Each fails as
# its documentation says a failure looks, so the library takes its own way out.

.macro names kind:vararg
  .irp name, \kind
  .globl \name
  .hidden \name
  .type \name, @function
\name:
  .endr
.endm

.section .text.absent, "ax", @progbits

# An int, or a size, of -1.
names clock_gettime, close, fstat, gettimeofday, madvise, mlock, mmap, mprotect, munmap, open, read, select, shmat, shmdt, shmget, syscall
names sysconf, uname, __fdelt_chk, __vfprintf_chk, __xpg_strerror_r
  movq $-1, %rax
  ret

# Engines of the library that would need the system, or CPUID.
names engine_load_afalg_int, engine_load_dynamic_int, engine_load_padlock_int
  xorl %eax, %eax
  ret

# Parts of the library that nothing asks for, at the calls that would bring them into the image: a name that is defined here is not looked for in
# the archive. No public keys and nothing of ASN.1, no engines, configuration, legacy methods, names of objects, big numbers as parameters,
# TLS records; other providers than ours (crypto/provider_enclave.cc). 0 is a null pointer, no success, or none.
names async_init, async_deinit, bio_cleanup, engine_cleanup_int, engine_load_openssl_int, evp_cleanup_int, openssl_add_all_ciphers_int
names openssl_add_all_digests_int, ossl_comp_zlib_cleanup, ossl_config_int, ossl_config_modules_free, ossl_err_load_crypto_strings, ossl_no_config_int
names ossl_obj_cleanup_int, ossl_store_cleanup_int, ENGINE_register_all_complete, OSSL_CMP_log_close
names ENGINE_by_id, ENGINE_finish, ENGINE_free, ENGINE_get_cipher, ENGINE_get_cipher_engine, ENGINE_get_default_RAND, ENGINE_get_digest
names ENGINE_get_digest_engine, ENGINE_get_RAND, ENGINE_init
names CONF_imodule_get_value, CONF_module_add, CONF_modules_load_file_ex, NCONF_get0_libctx, NCONF_get_section
names EVP_get_cipherbyname, EVP_get_digestbyname, OBJ_NAME_do_all, OBJ_NAME_get
names OBJ_add_sigid, OBJ_create, OBJ_find_sigid_algs, OBJ_get0_data, OBJ_nid2ln, OBJ_nid2obj, OBJ_nid2sn, OBJ_obj2txt, OBJ_txt2nid
names ASN1_OBJECT_free, ASN1_TYPE_get_octetstring, ASN1_TYPE_set, ASN1_TYPE_set_octetstring, d2i_ASN1_TYPE, i2d_ASN1_TYPE
names ossl_asn1_type_get_octetstring_int, ossl_asn1_type_set_octetstring_int
names EVP_DigestSignInit, EVP_DigestSignUpdate, EVP_DigestVerifyInit, EVP_DigestVerifyUpdate, EVP_PKEY_CTX_ctrl, EVP_PKEY_CTX_dup, EVP_PKEY_CTX_free
names EVP_PKEY_CTX_get_params, EVP_PKEY_CTX_new_from_name, EVP_PKEY_CTX_new_from_pkey, EVP_PKEY_CTX_set1_id, EVP_PKEY_CTX_set_params
names EVP_PKEY_asn1_get0, EVP_PKEY_asn1_get0_info, EVP_PKEY_asn1_get_count, EVP_PKEY_generate, EVP_PKEY_keygen_init
names BN_bn2nativepad, BN_is_negative, BN_native2bn, BN_num_bits, ssl3_cbc_digest_record
names DSO_bind_func, DSO_convert_filename, DSO_ctrl, DSO_free, DSO_get_filename, DSO_load, DSO_merge, DSO_new
names ossl_bio_init_core, ossl_core_bio_ctrl, ossl_core_bio_free, ossl_core_bio_gets, ossl_core_bio_new_file, ossl_core_bio_new_mem_buf
names ossl_core_bio_puts, ossl_core_bio_read_ex, ossl_core_bio_up_ref, ossl_core_bio_vprintf, ossl_core_bio_write_ex
names ossl_base_provider_init, ossl_null_provider_init
  xorl %eax, %eax
  ret
# Their stores of methods are empty: success.
names ossl_decoder_store_cache_flush, ossl_decoder_store_remove_all_provided, ossl_encoder_store_cache_flush
names ossl_encoder_store_remove_all_provided, ossl_store_loader_store_cache_flush, ossl_store_loader_store_remove_all_provided
  movl $1, %eax
  ret
# Texts of errors, which nobody reads.
names BIO_snprintf, BIO_vsnprintf
  movl $-1, %eax
  ret

.section .bss.absent, "aw", @nobits
.globl stdin, stdout, stderr
.hidden stdin, stdout, stderr
.balign 8
stdin:
stdout:
stderr:
  .quad 0

.section .note.GNU-stack, "", @progbits
