// The data structures and numbers of Intel SGX, exactly as the processor defines them.
//
// Source: Intel SDM volume 3D. Sections are cited by title, since chapters are renumbered from edition
// to edition; "Data Structures" is the chapter "Enclave Access Control and Data Structures".
//
// Freestanding: the enclave includes it too. All structs are plain bytes without padding and every
// multi-byte field is little endian.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scone::sgx {

inline constexpr uint64_t kPageSize = 4096;
// EEXTEND measures this many bytes ("EEXTEND—Extend Uninitialized Enclave Measurement by 256 Bytes").
inline constexpr uint64_t kExtendChunk = 256;

// Leaf numbers in EAX for ENCLU ("Intel SGX Instruction Set", user leaf functions).
enum Enclu : uint32_t {
  kEreport = 0,
  kEgetkey = 1,
  kEenter = 2,
  kEresume = 3,
  kEexit = 4,
  kEaccept = 5,
  kEmodpe = 6,
  kEacceptcopy = 7,
};

// Leaf numbers in EAX for ENCLS (supervisor leaf functions).
enum Encls : uint32_t {
  kEcreate = 0x00,
  kEadd = 0x01,
  kEinit = 0x02,
  kEremove = 0x03,
  kEextend = 0x06,
  kEblock = 0x09,
  kEtrack = 0x0c,
  kEaug = 0x0d,
  kEmodpr = 0x0e,
  kEmodt = 0x0f,
};

// Error codes that leaves return in RAX ("Error Codes" of "Intel SGX Instruction Operations").
enum Error : uint32_t {
  kSuccess = 0,
  kInvalidSigStruct = 1,
  kInvalidAttribute = 2,
  kBlkState = 3,
  kInvalidMeasurement = 4,
  kNotBlockable = 5,
  kPgInvld = 6,
  kEpcPageConflict = 7,
  kInvalidSignature = 8,
  kMacCompareFail = 9,
  kPageNotBlocked = 10,
  kNotTracked = 11,
  kVaSlotOccupied = 12,
  kChildPresent = 13,
  kEnclaveAct = 14,
  kEntryepochLocked = 15,
  kInvalidEinittoken = 16,
  kPrevTrkIncmpl = 17,
  kPgIsSecs = 18,
  kPageAttributesMismatch = 19,
  kPageNotModifiable = 20,
  kPageNotDebuggable = 21,
  kInvalidCpusvn = 32,
  kInvalidIsvsvn = 64,
  kUnmaskedEvent = 128,
  kInvalidKeyname = 256,
};

// ATTRIBUTES.FLAGS (Data Structures, "ATTRIBUTES").
enum AttributeFlag : uint64_t {
  kAttributeInit = 1 << 0,
  kAttributeDebug = 1 << 1,
  kAttributeMode64 = 1 << 2,
  kAttributeProvisionKey = 1 << 4,
  kAttributeEinittokenKey = 1 << 5,
  kAttributeCet = 1 << 6,
  kAttributeKss = 1 << 7,
  kAttributeAexNotify = 1 << 10,
};

// XFRM, the enclave's XCR0 (same bits; vol. 1, "XSAVE-Supported Features").
inline constexpr uint64_t kXfrmX87 = 1 << 0;
inline constexpr uint64_t kXfrmSse = 1 << 1;
inline constexpr uint64_t kXfrmAvx = 1 << 2;
inline constexpr uint64_t kXfrmAvx512 = 7 << 5;
inline constexpr uint64_t kXfrmLegacy = kXfrmX87 | kXfrmSse;  // must always be set

// MISCSELECT bit 0: #PF and #GP report address and error code in the SSA's EXINFO.
inline constexpr uint32_t kMiscExInfo = 1 << 0;

struct Attributes {
  uint64_t flags;  // AttributeFlag
  uint64_t xfrm;
  friend bool operator==(const Attributes&, const Attributes&) = default;
};
static_assert(sizeof(Attributes) == 16);

// SGX Enclave Control Structure (Data Structures, "SGX Enclave Control Structure (SECS)").
struct Secs {
  uint64_t size;            // bytes, a power of two
  uint64_t base;            // a multiple of size
  uint32_t ssa_frame_size;  // pages
  uint32_t misc_select;
  uint64_t cet_leg_bitmap_offset;
  uint8_t cet_attributes;
  uint8_t reserved1[15];
  Attributes attributes;
  uint8_t mr_enclave[32];
  uint8_t reserved2[32];
  uint8_t mr_signer[32];
  uint8_t reserved3[32];
  uint8_t config_id[64];
  uint16_t isv_prod_id;
  uint16_t isv_svn;
  uint16_t config_svn;
  uint8_t reserved4[3834];
};
static_assert(sizeof(Secs) == 4096);
static_assert(offsetof(Secs, cet_leg_bitmap_offset) == 24);
static_assert(offsetof(Secs, attributes) == 48);
static_assert(offsetof(Secs, mr_enclave) == 64);
static_assert(offsetof(Secs, mr_signer) == 128);
static_assert(offsetof(Secs, config_id) == 192);
static_assert(offsetof(Secs, isv_prod_id) == 256);
static_assert(offsetof(Secs, config_svn) == 260);

// Thread Control Structure (Data Structures, "Thread Control Structure (TCS)").
// Offsets are from the enclave's base.
struct Tcs {
  uint64_t state;  // of the processor; zero when added
  uint64_t flags;  // bit 0 DBGOPTIN, bit 1 AEXNOTIFY; zero when added, except AEXNOTIFY
  uint64_t ossa;   // of the array of SSA frames, page aligned
  uint32_t cssa;   // current frame
  uint32_t nssa;   // number of frames
  uint64_t oentry;
  uint64_t aep;
  uint64_t ofs_base;  // FS base on entry, offset from the enclave's base
  uint64_t ogs_base;
  uint32_t fs_limit;  // for 32-bit enclaves only
  uint32_t gs_limit;
  uint64_t ocetssa;
  uint64_t prev_ssp;
  uint8_t reserved[4008];
};
static_assert(sizeof(Tcs) == 4096);
static_assert(offsetof(Tcs, ossa) == 16);
static_assert(offsetof(Tcs, cssa) == 24);
static_assert(offsetof(Tcs, oentry) == 32);
static_assert(offsetof(Tcs, ofs_base) == 48);
static_assert(offsetof(Tcs, fs_limit) == 64);
static_assert(offsetof(Tcs, ocetssa) == 72);

// Page types (Data Structures, "PAGE_TYPE Field Definition").
enum PageType : uint8_t {
  kPtSecs = 0,
  kPtTcs = 1,
  kPtReg = 2,
  kPtVa = 3,
  kPtTrim = 4,
  kPtSsFirst = 5,
  kPtSsRest = 6,
};

// SECINFO.FLAGS (Data Structures, "SECINFO.FLAGS").
enum SecInfoFlag : uint64_t {
  kSecInfoR = 1 << 0,
  kSecInfoW = 1 << 1,
  kSecInfoX = 1 << 2,
  kSecInfoPending = 1 << 3,
  kSecInfoModified = 1 << 4,
  kSecInfoPr = 1 << 5,  // a permission restriction is in progress
};
inline constexpr uint64_t kSecInfoRwx = kSecInfoR | kSecInfoW | kSecInfoX;
inline constexpr unsigned kSecInfoTypeShift = 8;

struct alignas(64) SecInfo {
  uint64_t flags;  // SecInfoFlag | PageType << kSecInfoTypeShift; bits 6, 7 and above 15 are zero
  uint64_t reserved[7];

  constexpr PageType page_type() const { return static_cast<PageType>((flags >> kSecInfoTypeShift) & 0xff); }
};
static_assert(sizeof(SecInfo) == 64);

constexpr SecInfo make_sec_info(uint64_t flags, PageType type) {
  return {flags | uint64_t{type} << kSecInfoTypeShift, {}};
}

// EXITINFO (Data Structures, "EXITINFO"): why the last AEX happened, if it was an exception that the
// processor reports to the enclave.
struct ExitInfo {
  uint32_t bits;

  constexpr uint8_t vector() const { return static_cast<uint8_t>(bits); }
  constexpr uint8_t type() const { return (bits >> 8) & 7; }
  constexpr bool valid() const { return bits >> 31; }
  static constexpr ExitInfo make(uint8_t vector, uint8_t type) {
    return {uint32_t{1} << 31 | uint32_t{type} << 8 | vector};
  }
};
inline constexpr uint8_t kExitHardware = 3;
inline constexpr uint8_t kExitSoftware = 6;

// Exception vectors (vol. 3A, "Protected-Mode Exceptions and Interrupts").
enum Vector : uint8_t {
  kVectorDe = 0,
  kVectorDb = 1,
  kVectorBp = 3,
  kVectorBr = 5,
  kVectorUd = 6,
  kVectorGp = 13,
  kVectorPf = 14,
  kVectorMf = 16,
  kVectorAc = 17,
  kVectorXm = 19,
  kVectorCp = 21,
};

// Page-fault error code (vol. 3A, "Interrupt 14—Page-Fault Exception (#PF)").
enum PageFaultError : uint32_t {
  kPfPresent = 1 << 0,
  kPfWrite = 1 << 1,
  kPfUser = 1 << 2,
  kPfInstruction = 1 << 4,
  kPfSgx = 1 << 15,  // the page tables allow the access, the EPCM does not
};

// General registers in the SSA frame, at its very end (Data Structures, "GPRSGX Region").
struct GprSgx {
  uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
  uint64_t rflags, rip;
  uint64_t ursp, urbp;  // the host's, saved by EENTER; what an AEX restores
  ExitInfo exit_info;
  uint8_t reserved[3];
  uint8_t aex_notify;
  uint64_t fs_base, gs_base;
};
static_assert(sizeof(GprSgx) == 184);
static_assert(offsetof(GprSgx, rflags) == 128);
static_assert(offsetof(GprSgx, ursp) == 144);
static_assert(offsetof(GprSgx, exit_info) == 160);
static_assert(offsetof(GprSgx, fs_base) == 168);

// In the MISC region, which ends where GPRSGX begins (Data Structures, "EXINFO Structure").
struct ExInfo {
  uint64_t maddr;  // #PF: the address that faulted; #GP: 0
  uint32_t errcd;  // exception error code
  uint32_t reserved;
};
static_assert(sizeof(ExInfo) == 16);

// Where the parts of an SSA frame stand. The frame begins with the XSAVE area, in standard format.
// Precondition: frame_pages >= 1.
constexpr uint64_t gpr_offset(uint32_t frame_pages) { return frame_pages * kPageSize - sizeof(GprSgx); }
constexpr uint64_t ex_info_offset(uint32_t frame_pages) { return gpr_offset(frame_pages) - sizeof(ExInfo); }

// Enclave Signature Structure (Data Structures, "Enclave Signature Structure (SIGSTRUCT)").
// Big numbers are little endian.
struct SigStruct {
  uint8_t header[16];
  uint32_t vendor;
  uint32_t date;  // BCD: 0xyyyymmdd
  uint8_t header2[16];
  uint32_t sw_defined;
  uint8_t reserved1[84];
  uint8_t modulus[384];
  uint32_t exponent;  // 3
  uint8_t signature[384];
  uint32_t misc_select;
  uint32_t misc_mask;
  uint8_t cet_attributes;
  uint8_t cet_attributes_mask;
  uint8_t reserved2[2];
  uint8_t isv_family_id[16];
  Attributes attributes;
  Attributes attribute_mask;
  uint8_t enclave_hash[32];
  uint8_t reserved3[16];
  uint8_t isv_ext_prod_id[16];
  uint16_t isv_prod_id;
  uint16_t isv_svn;
  uint8_t reserved4[12];
  uint8_t q1[384];
  uint8_t q2[384];
};
static_assert(sizeof(SigStruct) == 1808);
static_assert(offsetof(SigStruct, modulus) == 128);
static_assert(offsetof(SigStruct, signature) == 516);
static_assert(offsetof(SigStruct, misc_select) == 900);
static_assert(offsetof(SigStruct, attributes) == 928);
static_assert(offsetof(SigStruct, enclave_hash) == 960);
static_assert(offsetof(SigStruct, isv_prod_id) == 1024);
static_assert(offsetof(SigStruct, q1) == 1040);
static_assert(offsetof(SigStruct, q2) == 1424);

// The part of a REPORT that its MAC covers (Data Structures, "REPORT").
struct ReportBody {
  uint8_t cpu_svn[16];
  uint32_t misc_select;
  uint8_t cet_attributes;
  uint8_t reserved1[11];
  uint8_t isv_ext_prod_id[16];
  Attributes attributes;
  uint8_t mr_enclave[32];
  uint8_t reserved2[32];
  uint8_t mr_signer[32];
  uint8_t reserved3[32];
  uint8_t config_id[64];
  uint16_t isv_prod_id;
  uint16_t isv_svn;
  uint16_t config_svn;
  uint8_t reserved4[42];
  uint8_t isv_family_id[16];
  uint8_t report_data[64];
};
static_assert(sizeof(ReportBody) == 384);
static_assert(offsetof(ReportBody, attributes) == 48);
static_assert(offsetof(ReportBody, mr_signer) == 128);
static_assert(offsetof(ReportBody, isv_prod_id) == 256);
static_assert(offsetof(ReportBody, isv_family_id) == 304);
static_assert(offsetof(ReportBody, report_data) == 320);

// What EREPORT writes at RDX, which must be 512-byte aligned; the struct is 432 bytes, so alignment is the
// caller's.
struct Report {
  ReportBody body;
  uint8_t key_id[32];
  uint8_t mac[16];  // AES-128-CMAC of body with the target's report key
};
static_assert(sizeof(Report) == 432);
inline constexpr uint64_t kReportAlignment = 512;

// The report's audience: EREPORT's RBX (Data Structures, "Report Target Info (TARGETINFO)").
struct alignas(512) TargetInfo {
  uint8_t measurement[32];
  Attributes attributes;
  uint8_t cet_attributes;
  uint8_t reserved1;
  uint16_t config_svn;
  uint32_t misc_select;
  uint8_t reserved2[8];
  uint8_t config_id[64];
  uint8_t reserved3[384];
};
static_assert(sizeof(TargetInfo) == 512);
static_assert(offsetof(TargetInfo, misc_select) == 52);
static_assert(offsetof(TargetInfo, config_id) == 64);

// EREPORT's RCX.
struct alignas(128) ReportData {
  uint8_t bytes[64];
  uint8_t padding[64];  // not part of the architecture: fills the alignment
};

// Key names and policies (Data Structures, "KEY REQUEST (KEYREQUEST)").
enum KeyName : uint16_t {
  kKeyEinittoken = 0,
  kKeyProvision = 1,
  kKeyProvisionSeal = 2,
  kKeyReport = 3,
  kKeySeal = 4,
};
enum KeyPolicy : uint16_t {
  kPolicyMrEnclave = 1 << 0,
  kPolicyMrSigner = 1 << 1,
  kPolicyNoIsvProdId = 1 << 2,
  kPolicyConfigId = 1 << 3,
  kPolicyIsvFamilyId = 1 << 4,
  kPolicyIsvExtProdId = 1 << 5,
};

// EGETKEY's RBX; the 16-byte key is written at RCX, 16-byte aligned.
struct alignas(512) KeyRequest {
  uint16_t key_name;
  uint16_t key_policy;
  uint16_t isv_svn;
  uint8_t cet_attributes_mask;
  uint8_t reserved1;
  uint8_t cpu_svn[16];
  Attributes attribute_mask;
  uint8_t key_id[32];
  uint32_t misc_mask;
  uint16_t config_svn;
  uint8_t reserved2[434];
};
static_assert(sizeof(KeyRequest) == 512);
static_assert(offsetof(KeyRequest, cpu_svn) == 8);
static_assert(offsetof(KeyRequest, attribute_mask) == 24);
static_assert(offsetof(KeyRequest, key_id) == 40);
static_assert(offsetof(KeyRequest, misc_mask) == 72);

}  // namespace scone::sgx
