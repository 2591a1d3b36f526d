// libFuzzer: any bytes as a trace given to `etalon compare`, as the reference, as the other and as both.
//
//   the input: the header of a safetensors file; after a zero byte its data
//
// Exit status 0, 1 or 2 and no crash; a trace agrees with itself, bit for bit, where it can be compared at all.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <etalon/error.hpp>
#include <etalon/io/json.hpp>

#include "../../examples/etalon/commands.hpp"
#include "scratch_files.hpp"

namespace {

// Two tokens through one layer, with a router: what every part of the comparison looks at.
constexpr std::string_view good_header =
    R"({"__metadata__":{"format":"etalon-trace","numerics":"f32","axes.embed":"token,channel"},)"
    R"("tokens":{"dtype":"I32","shape":[2],"data_offsets":[0,8]},)"
    R"("embed":{"dtype":"F32","shape":[2,2],"data_offsets":[8,24]},)"
    R"("layers.0.router.choice":{"dtype":"I32","shape":[2,1],"data_offsets":[24,32]},)"
    R"("layers.0.router.margin":{"dtype":"F32","shape":[2],"data_offsets":[32,40]},)"
    R"("layers.0.router.scores":{"dtype":"F32","shape":[2,2],"data_offsets":[40,56]},)"
    R"("logits":{"dtype":"BF16","shape":[2,2],"data_offsets":[56,64]}})";

std::string good_trace() {
  std::string data(64, '\0');
  for (std::size_t i = 8; i < data.size(); ++i) data[i] = static_cast<char>(i % 5 == 3 ? 0x3f : i * 7 % 64);
  data[0] = 1;
  for (std::size_t i = 24; i < 32; ++i) data[i] = i == 28;
  return etalon::fuzz::safetensors_of(good_header, data);
}

// Exit status of `etalon compare` and what it printed.
int compare(const std::string& reference, const std::string& other, const char* flag, std::string& printed) {
  CLI::App app;
  etalon::command::add_compare(app);
  const char* arguments[] = {"etalon", "compare", reference.c_str(), other.c_str(), flag};
  std::ostringstream out;
  std::streambuf* kept = std::cout.rdbuf(out.rdbuf());
  int status = 0;
  try {
    app.parse(5, arguments);
  } catch (const CLI::RuntimeError& error) {
    status = error.get_exit_code();
  } catch (const etalon::Error& error) {
    if (error.where().empty() || error.expected().empty() || error.found().empty()) std::abort();
    status = 2;
  }
  std::cout.rdbuf(kept);
  printed = out.str();
  if ((status == 2) != printed.empty()) std::abort();
  for (char c : printed)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n') std::abort();   // not fit for a terminal
  return status;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const etalon::fuzz::ScratchFiles files;
  static const std::string good = files.write("good.safetensors", good_trace());
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = input.find('\0');
  const std::string_view numbers = end == input.npos ? std::string_view{} : input.substr(end + 1);
  const std::string given =
      files.write("given.safetensors", etalon::fuzz::safetensors_of(input.substr(0, end), numbers));
  std::string printed;
  compare(good, given, "--all", printed);
  const int status = compare(given, good, "--json", printed);
  if (status != 2) etalon::io::parse_json(printed, "printed");
  if (compare(given, given, "--all", printed) == 1) std::abort();
  if (!printed.empty() && printed.find("bit identical") == printed.npos) std::abort();
  return 0;
}
