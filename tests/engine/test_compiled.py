import llama_cpp


def test_llama_cpp_is_compiled_without_amx():
    # A virtual machine that announces AMX may end the engine with SIGILL at the first answer of a quantised model.
    assert b"AMX" not in llama_cpp.llama_print_system_info()
