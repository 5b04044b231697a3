"""Kernels, and how kernels that others call become parts of these, without machine code of their own.

numba compiles whatever it meets to code that Python could call, and optimises all that is below it once more at every
level of calls. Here a kernel that others call is only translated, once; what Python calls is put together from all the
parts below it, and optimised as a whole. That takes two thirds of the time, and what comes out is no slower.
"""

from contextlib import suppress
from functools import cached_property
from typing import Any, Final

from hybridcodec.machine.compiled import CheckedCache
from hybridcodec.machine.compiler import load_what_compiles, numba

_llvm: Any = vars(numba.core.codegen)["ll"]
_Library: Any = numba.core.codegen.JITCodeLibrary
_Compiler: Any = numba.core.compiler.Compiler
_Dispatcher: Any = numba.core.registry.CPUDispatcher
_compiling: Any = numba.core.compiler_lock.global_compiler_lock
_PYTHON: Final = {"nopython": True, "boundscheck": None, "no_cfunc_wrapper": True}
"""Options of what Python calls, and nothing else does."""
_PART: Final = _PYTHON | {"no_cpython_wrapper": True}
_ENVIRONMENT: Final = "_ZN08NumbaEnv"
"""How the names of variables begin that hold a function's Python objects."""


class _Part(_Library):  # type: ignore[misc]  # untyped
    """What one function is translated to, as it is."""

    def finalize(self) -> None:
        """Leave all else to whom this becomes a part of."""
        self._raise_if_finalized()
        self._finalized = True

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout


class _Whole(_Library):  # type: ignore[misc]
    """Code that Python calls, with all that it calls."""

    _linking_libraries: list[Any]

    def finalize(self) -> None:
        """Optimise it, and make machine code of it."""
        self._linking_libraries = _with_all_below(self._linking_libraries)
        super().finalize()
        for variable in self._environments():
            environment = numba.core.environment.lookup_environment(variable.name)
            if environment is not None:
                self.codegen.set_env(variable.name, environment)

    def _get_module_for_linking(self) -> Any:
        """Return what is kept beside the code: its names, since it becomes a part of nothing."""
        self._ensure_finalized()
        names = [
            each.name
            for each in self._final_module.functions
            if not each.is_declaration and each.linkage == _llvm.Linkage.external
        ]
        module = _llvm.parse_assembly("\n".join(f'define void @"{name}"() {{ ret void }}' for name in names))
        module.triple = self._final_module.triple
        return module

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout  # its functions are optimised with all others

    def _optimize_final_module(self) -> None:
        for variable in self._environments():
            variable.linkage = "linkonce_odr"  # those that nothing uses go away
        super()._optimize_final_module()

    def _environments(self) -> list[Any]:
        found = self._final_module.global_variables
        return [each for each in found if each.name.startswith(_ENVIRONMENT) and not each.is_declaration]


def _with_all_below(libraries: list[Any]) -> list[Any]:
    """Return libraries with all that they call, each before what it calls: what nothing calls yet is not linked."""
    found: dict[Any, None] = {}

    def visit(library: Any) -> None:
        if library not in found:
            for below in library._linking_libraries if isinstance(library, _Part) else ():
                visit(below)
            found[library] = None

    for library in libraries:
        visit(library)
    return list(reversed(found))


class _PartCompiler(_Compiler):  # type: ignore[misc]
    """The passes of numba, to a part."""

    library = _Part

    def __init__(self, *given: Any) -> None:
        load_what_compiles()
        super().__init__(*given)

    def define_pipelines(self) -> Any:
        """As numba does, but for where the code goes."""
        self.state.library = self.library(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        self.state.library.enable_object_caching()
        return super().define_pipelines()


class _WholeCompiler(_PartCompiler):
    """The passes of numba, to code that Python calls."""

    library = _Whole


class _Parts(_Dispatcher):  # type: ignore[misc]
    """A function as a part, for each signature."""

    def __init__(self, py_func: Any, targetoptions: Any) -> None:
        super().__init__(py_func, None, targetoptions | _PART, pipeline_class=_PartCompiler)
        self._compiler._customize_flags = _without_code

    def add_overload(self, cres: Any) -> None:
        """Let kernels call this: there is nothing that Python could call, so a name stands for it."""
        name = object()
        self.targetctx.insert_user_function(name, cres.fndesc, [cres.library])
        self.overloads[tuple(cres.signature.args)] = cres._replace(entry_point=name)


def _without_code(flags: Any) -> Any:
    flags.no_compile = True
    return flags


class Kernel(_Dispatcher):  # type: ignore[misc]
    """A compiled function, in two ways: for Python, and as a part of others."""

    def __init__(self, py_func: Any, locals: Any = None, targetoptions: Any = None) -> None:  # noqa: A002 - numba's
        """Prepare to compile; as numba's dispatchers do."""
        super().__init__(py_func, locals, (targetoptions or {}) | _PYTHON, pipeline_class=_WholeCompiler)
        self._looked_for_cache = False

    def compile(self, sig: Any) -> Any:
        """Compile for a signature, or load what was kept; the place of that is looked for when it is needed.

        Of threads that call at once, one looks, and the others wait: they would compile what is kept.
        """
        with _compiling:
            if not self._looked_for_cache:
                self._looked_for_cache = True
                with suppress(RuntimeError, OSError):  # there may be no place to keep it
                    self._cache = CheckedCache(self.py_func)  # what `cache=True` does
            return super().compile(sig)

    @cached_property
    def _parts(self) -> _Parts:
        return _Parts(self.py_func, self.targetoptions)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Say what a kernel calls that calls this one."""
        return self._parts.get_call_template(args, kws)

    def get_overload(self, sig: Any) -> Any:
        """Return what such a call is compiled to."""
        return self._parts.get_overload(sig)
