// etalon compare: says whether two traces of the same tokens agree, and names the first tensor where they do not.
//
//   etalon compare REFERENCE OTHER [--tolerance T] [--all] [--json]
//
// Exit 0 the traces agree, 1 they diverge, 2 they could not be compared.
#include <cmath>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include <CLI/CLI.hpp>
#include <etalon/io/compare.hpp>
#include <etalon/io/ordered_json.hpp>

#include "commands.hpp"

namespace etalon::command {

namespace {

struct CompareFlags {
  std::string reference, other;
  io::CompareOptions options;
  bool all = false, json = false;
};

// JSON has no NaN and no infinity: they are texts.
io::OrderedJson json_number(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

io::OrderedJson json_element(const io::TensorComparison& tensor, const io::ElementPair& pair) {
  io::OrderedJson index = io::OrderedJson::array();
  for (std::size_t i = 0; i < pair.index.size(); ++i) {
    index.push_back({{"axis", tensor.axes[i]}, {"index", pair.index[i]}});
  }
  return {{"at", index}, {"reference", json_number(pair.reference)}, {"other", json_number(pair.other)}};
}

io::OrderedJson json_tensor(const io::TensorComparison& tensor) {
  io::OrderedJson out = {{"name", tensor.name},
                         {"result", !tensor.judged ? "not judged" : tensor.agrees ? "agree" : "diverge"},
                         {"bit_identical", tensor.bit_identical},
                         {"max_difference", json_number(tensor.max_difference)},
                         {"max_reference", json_number(tensor.max_reference)},
                         {"ratio", json_number(tensor.ratio())},
                         {"elements", tensor.elements},
                         {"beyond", tensor.beyond}};
  if (tensor.first) out["first"] = json_element(tensor, *tensor.first);
  if (tensor.worst) out["worst"] = json_element(tensor, *tensor.worst);
  if (!tensor.note.empty()) out["note"] = tensor.note;
  return out;
}

void print_json(const io::TraceComparison& comparison, const CompareFlags& flags) {
  const io::TensorComparison* first = comparison.first_divergence();
  io::OrderedJson tensors = io::OrderedJson::array();
  for (const io::TensorComparison& tensor : comparison.tensors) tensors.push_back(json_tensor(tensor));
  const io::OrderedJson out = {{"result", first ? "diverge" : "agree"},
                               {"bit_identical", comparison.bit_identical()},
                               {"tolerance", flags.options.tolerance},
                               {"first_divergence", first ? json_tensor(*first) : io::OrderedJson()},
                               {"tensors", tensors},
                               {"only_in_reference", comparison.only_reference},
                               {"only_in_other", comparison.only_other},
                               {"notes", comparison.notes}};
  // Names were checked to be UTF-8; a note may have been cut inside a character.
  std::cout << out.dump(-1, ' ', false, io::OrderedJson::error_handler_t::replace) << '\n';
}

// A name from a file, fit for a terminal: control bytes as '?'.
std::string visible(std::string name) {
  for (char& c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return name;
}

std::string short_number(double value) {
  std::ostringstream text;
  text << std::setprecision(3) << value;
  return text.str();
}

// "token 4, channel 17: reference 0.51234567, other 0.5"; enough digits to tell two f32 apart.
std::string element(const io::TensorComparison& tensor, const io::ElementPair& pair) {
  std::ostringstream text;
  for (std::size_t i = 0; i < pair.index.size(); ++i) {
    text << (i ? ", " : "") << visible(tensor.axes[i]) << ' ' << pair.index[i];
  }
  text << (pair.index.empty() ? "" : ": ") << std::setprecision(9) << "reference " << pair.reference << ", other "
       << pair.other;
  return text.str();
}

std::string figures(const io::TensorComparison& tensor) {
  if (tensor.elements == 0 && !tensor.note.empty()) return tensor.note;
  if (tensor.bit_identical) return "bit identical";
  return "max|Δ| " + short_number(tensor.max_difference) + ", max|ref| " + short_number(tensor.max_reference) +
         ", ratio " + short_number(tensor.ratio());
}

void print_divergence(const io::TensorComparison& tensor) {
  std::cout << "diverges first at " << visible(tensor.name) << '\n' << "  " << figures(tensor) << '\n';
  if (tensor.first) {
    std::cout << "  first:   " << element(tensor, *tensor.first) << '\n'
              << "  largest: " << element(tensor, *tensor.worst) << '\n'
              << "  " << tensor.beyond << " of " << tensor.elements << " elements\n";
  }
  if (tensor.elements > 0 && !tensor.note.empty()) std::cout << "  " << tensor.note << '\n';
}

void print_missing(const std::vector<std::string>& names, const char* where) {
  constexpr std::size_t most_listed = 8;
  if (names.empty()) return;
  std::cout << "only in " << where << " (" << names.size() << "):";
  for (std::size_t i = 0; i < names.size() && i < most_listed; ++i) std::cout << ' ' << visible(names[i]);
  std::cout << (names.size() > most_listed ? " …" : "") << '\n';
}

void print_text(const io::TraceComparison& comparison, const CompareFlags& flags) {
  for (const std::string& note : comparison.notes) std::cout << "note: " << note << '\n';
  print_missing(comparison.only_reference, "the reference");
  print_missing(comparison.only_other, "the other trace");
  const io::TensorComparison* worst = nullptr;
  std::size_t diverging = 0, identical = 0;
  for (const io::TensorComparison& tensor : comparison.tensors) {
    const char* mark = !tensor.judged ? " . " : tensor.agrees ? " = " : " ≠ ";
    if (flags.all) std::cout << mark << visible(tensor.name) << "  " << figures(tensor) << '\n';
    diverging += tensor.judged && !tensor.agrees;
    identical += tensor.bit_identical;
    if (tensor.judged && (!worst || tensor.ratio() > worst->ratio())) worst = &tensor;
  }
  const std::string count = std::to_string(comparison.tensors.size()) + " tensors";
  if (const io::TensorComparison* first = comparison.first_divergence()) {
    print_divergence(*first);
    std::cout << diverging << " of " << count << " diverge, " << identical << " are bit identical\n";
  } else if (comparison.bit_identical()) {
    std::cout << "agree: " << count << ", bit identical\n";
  } else {
    std::cout << "agree: " << count << ", " << identical << " of them bit identical; worst " << visible(worst->name)
              << ", " << figures(*worst) << '\n';
  }
}

void run_compare(const CompareFlags& flags) {
  const io::Checkpoint reference = io::Checkpoint::open_file(flags.reference);
  const io::Checkpoint other = io::Checkpoint::open_file(flags.other);
  const io::TraceComparison comparison = io::compare_traces(reference, other, flags.options);
  reference.check_unchanged();
  other.check_unchanged();
  flags.json ? print_json(comparison, flags) : print_text(comparison, flags);
  if (comparison.first_divergence()) throw CLI::RuntimeError(1);
}

}  // namespace

void add_compare(CLI::App& app) {
  auto* sub = app.add_subcommand("compare", "Name the first tensor where two traces diverge (exit 0 agree, 1 diverge)");
  auto flags = std::make_shared<CompareFlags>();
  sub->add_option("REFERENCE", flags->reference, "trace that is taken to be right (safetensors)")->required();
  sub->add_option("OTHER", flags->other, "trace to judge")->required();
  sub->add_option("--tolerance", flags->options.tolerance, "largest max|Δ| / max|reference| that agrees")
      ->check(CLI::Range(0.0, 1.0))->capture_default_str();
  sub->add_flag("--all", flags->all, "one line for every tensor");
  sub->add_flag("--json", flags->json, "the whole comparison as one JSON object");
  sub->callback([flags] { run_compare(*flags); });
}

}  // namespace etalon::command
