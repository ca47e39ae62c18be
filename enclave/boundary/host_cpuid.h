// The host's CPUID answers.
#pragma once

namespace scone::boundary {

// Copies them into process::cpuid_table(). Once, at start.
void copy_cpuid();

}  // namespace scone::boundary
