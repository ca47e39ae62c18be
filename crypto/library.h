// libcrypto as a whole.
#pragma once

namespace scone::crypto {

// Starts the library without configuration files or exit handlers, and lets it seal a known message (NIST SP 800-38D test case 16,
// AES-256-GCM). False: it does not work, and nothing of it may be used. Once, in a Section (the enclave's first one calls it).
bool start_library();

}  // namespace scone::crypto
