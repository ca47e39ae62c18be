// scone fspf: describes how a program's files are protected. Words and their order are those of SCONE: scripts cut tag and key out by column.
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>

#include "cli/commands.h"
#include "cli/fspf_add_files.h"
#include "cli/fspf_description.h"
#include "cli/hexadecimal.h"
#include "crypto/random.h"
#include "volume/format.h"

namespace scone::cli {
namespace {

using volume::Backing;
using volume::Protection;

struct Options {
  std::string file, region, source, target, key;
  bool encrypted = false, authenticated = false, not_protected = false, ephemeral = false, tag_only = false;
  std::string kernel;
  uint32_t chunk_size = 4096;
  uint16_t key_bits = 256;

  Protection protection() const {
    if (encrypted + authenticated + not_protected != 1)
      fspf_failed("a region is either --encrypted, --authenticated or --not-protected");
    return encrypted       ? Protection::kEncrypted
           : authenticated ? Protection::kAuthenticated
                           : Protection::kNone;
  }
};

void create(const Options& options) {
  Description description(options.file, "");
  description.create();
  printf("Created empty file system protection file in %s. AES-GCM tag: %s\n", options.file.c_str(),
         description.tag_without_key().c_str());
}

void add_region(const Options& options) {
  if (options.ephemeral == !options.kernel.empty())
    fspf_failed("a region is either --kernel PATH or --ephemeral");
  Description description(options.file, options.key);
  description.open(true);
  const volume::RegionOptions region{.path = options.region,
                                     .protection = options.protection(),
                                     .backing = options.ephemeral ? Backing::kEphemeral : Backing::kKernel,
                                     .kernel_path = options.kernel,
                                     .chunk_size = options.chunk_size,
                                     .key_bits = options.key_bits};
  const auto added = description.volume().add_region(region);
  if (!added.ok() && added.error() == Errno(EEXIST))
    fspf_failed("region " + options.region + " is in " + options.file + " already");
  if (!added.ok() && added.error() == Errno(EINVAL))
    fspf_failed("region " + options.region + ": bad path, chunk size or key size");
  description.check(added.ok() ? Result<void>() : Result<void>(added.error()), options.region);
  description.commit();
  printf("Added region %s to file system protection file %s new AES-GCM tag: %s\n", options.region.c_str(),
         options.file.c_str(), description.tag().c_str());
}

void add_files_to_region(const Options& options) {
  Description description(options.file, options.key);
  description.open(true);
  add_files(description, description.region(options.region), options.source, options.target);
  description.commit();
  printf("Added files to file system protection file %s new AES-GCM tag: %s\n", options.file.c_str(),
         description.tag().c_str());
}

void encrypt(Description& description) {
  std::vector<uint8_t> key(volume::kKeySize);
  description.check(crypto::random_bytes(key), "random bytes");
  description.check(description.volume().encrypt(key), description.path());
  printf("Encrypted file system protection file %s AES-GCM tag: %s key: %s\n", description.path().c_str(),
         description.tag().c_str(), to_hexadecimal(key).c_str());
}

void encrypt_file(const Options& options) {
  Description description(options.file, "");
  description.open(true);
  encrypt(description);
}

void create_volume(const Options& options) {
  std::error_code error;
  std::filesystem::create_directories(options.file, error);
  if (error) fspf_failed(options.file + ": " + error.message());
  Description description((std::filesystem::path(options.file) / "volume.fspf").string(), "");
  description.create();
  description.open(true);
  const auto added = description.volume().add_region(
      {.path = ".",
       .protection = options.authenticated ? Protection::kAuthenticated : Protection::kEncrypted,
       .kernel_path = ".",
       .chunk_size = options.chunk_size,
       .key_bits = options.key_bits});
  if (!added.ok()) fspf_failed("bad chunk size or key size");
  encrypt(description);
}

size_t count_files(const volume::Node& directory) {
  size_t count = 0;
  uint64_t cursor = 0;
  while (const volume::Node* entry = volume::Volume::next_entry(directory, cursor, &cursor))
    count += entry->is_directory() ? count_files(*entry) : 1;
  return count;
}

void show_region(const volume::Region& region) {
  static constexpr const char* kProtections[] = {"not-protected", "authenticated", "encrypted"};
  printf("region %s %s", std::string(region.path.view()).c_str(),
         kProtections[static_cast<size_t>(region.protection)]);
  if (region.backing == Backing::kKernel)
    printf(" kernel %s", std::string(region.kernel_path.view()).c_str());
  else
    printf(" ephemeral");
  if (region.root)
    printf(" chunk-size %u key-bits %u files %zu", region.chunk_size, region.key_bits,
           count_files(*region.root));
  printf("\n");
}

void show(const Options& options) {
  Description description(options.file, options.key);
  if (options.tag_only) {
    printf("%s\n", description.tag_without_key().c_str());
    return;
  }
  description.open(false);
  printf("File system protection file %s AES-GCM tag: %s %s\n", options.file.c_str(),
         description.tag().c_str(), description.volume().is_sealed() ? "encrypted" : "not encrypted");
  for (size_t i = 0; i < description.volume().region_count(); ++i)
    show_region(description.volume().region(i));
}

CLI::App* add_verb(CLI::App& fspf, const char* name, const char* help,
                   const std::shared_ptr<Options>& options, std::function<void(const Options&)> run) {
  CLI::App* verb = fspf.add_subcommand(name, help);
  verb->callback([options, run = std::move(run)] { run(*options); });
  return verb;
}

void add_cipher_options(CLI::App* verb, Options& options) {
  verb->add_option("-c,--chunk-size", options.chunk_size,
                   "Bytes that are encrypted together: a power of two, 512 to 1048576")
      ->capture_default_str();
  verb->add_option("-k,--key-bits", options.key_bits, "128 or 256")->capture_default_str();
}

void add_key_option(CLI::App* verb, Options& options) {
  verb->add_option("--key", options.key, "Key of an encrypted file, in hexadecimal digits");
}

}  // namespace

void add_fspf(CLI::App& app) {
  CLI::App* fspf = app.add_subcommand(
      "fspf", "File system protection files: how a program's files are encrypted and authenticated.");
  fspf->require_subcommand(1);
  auto options = std::make_shared<Options>();
  Options& o = *options;

  CLI::App* verb = add_verb(*fspf, "create", "Creates an empty protection file.", options, create);
  verb->add_option("file", o.file, "Protection file")->required();

  verb = add_verb(*fspf, "addr", "Adds a region: all paths below a prefix.", options, add_region);
  verb->add_option("file", o.file, "Protection file")->required();
  verb->add_option("region", o.region, "Path as the program sees it; '.' in a volume")->required();
  verb->add_flag("-e,--encrypted", o.encrypted, "Encrypt and authenticate");
  verb->add_flag("-a,--authenticated", o.authenticated, "Authenticate only");
  verb->add_flag("-n,--not-protected", o.not_protected, "Leave to the host");
  verb->add_option("--kernel", o.kernel, "The host keeps the files, in this directory");
  verb->add_flag("--ephemeral", o.ephemeral, "The enclave keeps the files, in memory");
  add_cipher_options(verb, o);
  add_key_option(verb, o);

  verb = add_verb(*fspf, "addf", "Adds the files of a directory to a region.", options, add_files_to_region);
  verb->add_option("file", o.file, "Protection file")->required();
  verb->add_option("region", o.region, "Path of the region")->required();
  verb->add_option("source", o.source, "Directory with the files")->required();
  verb->add_option(
      "target", o.target,
      "Directory for the protected files; without it, files of an authenticated region stay where they are");
  add_key_option(verb, o);

  verb = add_verb(*fspf, "encrypt", "Encrypts the protection file with a new key; prints key and tag.",
                  options, encrypt_file);
  verb->add_option("file", o.file, "Protection file")->required();

  verb = add_verb(*fspf, "show", "Shows tag and regions.", options, show);
  verb->add_option("file", o.file, "Protection file")->required();
  verb->add_flag("--tag", o.tag_only, "Only the tag, as the file says: needs no key and verifies nothing");
  add_key_option(verb, o);

  verb = add_verb(*fspf, "create-volume",
                  "Makes a directory an empty encrypted volume: volume.fspf with the region '.'.", options,
                  create_volume);
  verb->add_option("directory", o.file, "Directory")->required();
  verb->add_flag("-a,--authenticated", o.authenticated, "Authenticate only");
  verb->add_flag("-e,--encrypted", o.encrypted, "Encrypt and authenticate (the default)");
  add_cipher_options(verb, o);
}

}  // namespace scone::cli
