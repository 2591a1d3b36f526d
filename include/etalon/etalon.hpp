#pragma once
// The library in one line: every family, opened from a folder, run, sampled, traced and compared.
//
//   const auto engine = etalon::io::open_engine<etalon::mixtral::Family<>>("mixtral", folder, {});
//   const auto story = etalon::sample::generate(*engine, prompt, {});
//
// Leaves out text: token ids go in and come out. Who has texts adds <etalon/text/tokenizer.hpp> and, for conversations,
// <etalon/text/chat.hpp>. The two would double the time to compile, which is now some three times that of the JSON
// library alone; and programs that judge an engine never see a word.
#include <etalon/version.hpp>

#include <etalon/families/deepseek_v3.hpp>
#include <etalon/families/deepseek_v4.hpp>
#include <etalon/families/gpt_oss.hpp>
#include <etalon/families/mixtral.hpp>
#include <etalon/families/qwen3_next.hpp>

#include <etalon/io/compare.hpp>
#include <etalon/io/engine_of.hpp>
#include <etalon/io/trace_file.hpp>
#include <etalon/sample/generate.hpp>
