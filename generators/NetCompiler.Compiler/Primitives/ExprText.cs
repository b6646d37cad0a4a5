namespace NetCompiler.Compiler.Primitives;
public static class ExprText { public static string Write(Expr e) => ""; }
