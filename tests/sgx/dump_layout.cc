// dump_layout IMAGE ETHREADS: the pages of an enclave as text, for measure_independent.py, and the MRENCLAVE that we compute.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "host/runner/development_signing.h"
#include "host/runner/image.h"

namespace scone::host {
namespace {

void print_page(uint64_t offset, uint64_t flags, const uint8_t* page) {
  printf("add %lx %lx ", offset, flags);
  if (std::all_of(page, page + sgx::kPageSize, [](uint8_t byte) { return byte == 0; }))
    printf("zero");
  else
    for (uint64_t i = 0; i < sgx::kPageSize; ++i) printf("%02x", page[i]);
  printf("\n");
}

int dump(const char* path, uint32_t ethreads) {
  std::string error;
  auto image = Image::open(path, error);
  if (!image.ok()) {
    fprintf(stderr, "dump_layout: %s\n", error.c_str());
    return 1;
  }
  ImageParameters parameters;
  parameters.ethreads = ethreads;
  sgx::Secs secs = image.value().secs(parameters);
  printf("create %lx %u\n", secs.size, secs.ssa_frame_size);
  for (const ImagePiece& piece : image.value().pieces(parameters))
    for (uint64_t at = 0; at < piece.bytes.size(); at += sgx::kPageSize)
      print_page(piece.offset + at, piece.info.flags, &piece.bytes[at]);
  printf("mrenclave %s\n", to_hex(image.value().measure(parameters)).c_str());
  return 0;
}

}  // namespace
}  // namespace scone::host

int main(int argc, char** argv) {
  if (argc != 3) return fprintf(stderr, "usage: dump_layout IMAGE ETHREADS\n"), 2;
  return scone::host::dump(argv[1], static_cast<uint32_t>(strtoul(argv[2], nullptr, 10)));
}
