// The algorithms that the enclave uses, in the place of OpenSSL's default provider, which has all that there are: 3 MB of code that would be
// loaded, measured and trusted for nothing. Names and duties of a provider: provider(7); OpenSSL 3.0, whose internals it uses.
#include <openssl/core.h>
#include <openssl/core_dispatch.h>

extern "C" {

// Of libcrypto, which has no public header for what its providers are made of.
struct prov_ctx_st;
prov_ctx_st* ossl_prov_ctx_new();
void ossl_prov_ctx_free(prov_ctx_st* context);
void ossl_prov_ctx_set0_libctx(prov_ctx_st* context, OSSL_LIB_CTX* library);
void ossl_prov_ctx_set0_handle(prov_ctx_st* context, const OSSL_CORE_HANDLE* handle);
int ossl_prov_seeding_from_dispatch(const OSSL_DISPATCH* functions);

extern const OSSL_DISPATCH ossl_sha256_functions[], ossl_hmac_functions[];
extern const OSSL_DISPATCH ossl_aes128gcm_functions[], ossl_aes256gcm_functions[];
extern const OSSL_DISPATCH ossl_seed_src_functions[], ossl_drbg_ctr_functions[], ossl_aes256ctr_functions[],
    ossl_aes256ecb_functions[];

}  // extern "C"

namespace {

constexpr char kProperties[] = "provider=default";

constexpr OSSL_ALGORITHM algorithm(const char* names, const OSSL_DISPATCH* functions) {
  return {names, kProperties, functions, nullptr};
}

constexpr OSSL_ALGORITHM kDigests[] = {algorithm("SHA2-256:SHA-256:SHA256", ossl_sha256_functions), {}};
constexpr OSSL_ALGORITHM kMacs[] = {algorithm("HMAC", ossl_hmac_functions), {}};
// CTR and ECB are what CTR-DRBG is made of.
constexpr OSSL_ALGORITHM kCiphers[] = {algorithm("AES-128-GCM", ossl_aes128gcm_functions),
                                       algorithm("AES-256-GCM", ossl_aes256gcm_functions),
                                       algorithm("AES-256-CTR", ossl_aes256ctr_functions),
                                       algorithm("AES-256-ECB", ossl_aes256ecb_functions),
                                       {}};
constexpr OSSL_ALGORITHM kGenerators[] = {
    algorithm("SEED-SRC", ossl_seed_src_functions), algorithm("CTR-DRBG", ossl_drbg_ctr_functions), {}};

const OSSL_ALGORITHM* algorithms_for(void*, int operation, int* do_not_store) {
  *do_not_store = 0;
  switch (operation) {
    case OSSL_OP_DIGEST:
      return kDigests;
    case OSSL_OP_MAC:
      return kMacs;
    case OSSL_OP_CIPHER:
      return kCiphers;
    case OSSL_OP_RAND:
      return kGenerators;
    default:
      return nullptr;
  }
}

void tear_down(void* context) { ossl_prov_ctx_free(static_cast<prov_ctx_st*>(context)); }

// SAFETY: the library casts each back to the type that its number stands for.
const OSSL_DISPATCH kProvider[] = {
    {OSSL_FUNC_PROVIDER_TEARDOWN, reinterpret_cast<void (*)()>(tear_down)},
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, reinterpret_cast<void (*)()>(algorithms_for)},
    {}};

OSSL_LIB_CTX* library_of(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* core) {
  for (; core->function_id != 0; ++core)
    // SAFETY: libcrypto keeps its library context behind this opaque type.
    if (core->function_id == OSSL_FUNC_CORE_GET_LIBCTX)
      return reinterpret_cast<OSSL_LIB_CTX*>(OSSL_FUNC_core_get_libctx(core)(handle));
  return nullptr;
}

}  // namespace

extern "C" int ossl_default_provider_init(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* core,
                                          const OSSL_DISPATCH** provider, void** context) {
  OSSL_LIB_CTX* library = library_of(handle, core);
  prov_ctx_st* made = library && ossl_prov_seeding_from_dispatch(core) ? ossl_prov_ctx_new() : nullptr;
  if (!made) return 0;
  ossl_prov_ctx_set0_libctx(made, library);
  ossl_prov_ctx_set0_handle(made, handle);
  *context = made;
  *provider = kProvider;
  return 1;
}
