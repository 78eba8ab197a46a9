//! The kinds of nodes that rules can ask for.
//!
//! Knows the parser's node types. Does not know what a rule does with one.

use ruff_python_ast::AnyNodeRef;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $($node:ident)|+,)*) => {
        /// What a node is. Rules name the kinds that they are called for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// Number of kinds.
            pub(crate) const COUNT: usize = [$(Kind::$kind),*].len();

            /// The kind of a syntax node.
            pub(crate) fn of(node: AnyNodeRef<'_>) -> Kind {
                match node {
                    $($(AnyNodeRef::$node(_))|+ => Kind::$kind,)*
                    _ => Kind::Other,
                }
            }
        }
    };
}

kinds! {
    /// The whole text; first of all nodes.
    Module = ModModule,
    /// `def` and `async def`.
    Function = StmtFunctionDef,
    /// `class`.
    Class = StmtClassDef,
    /// `return`.
    Return = StmtReturn,
    /// `del`.
    Delete = StmtDelete,
    /// `a = b`.
    Assign = StmtAssign,
    /// `a += b`.
    AugAssign = StmtAugAssign,
    /// `a: T` and `a: T = b`.
    AnnAssign = StmtAnnAssign,
    /// `for` and `async for` statements.
    For = StmtFor,
    /// `while`.
    While = StmtWhile,
    /// `if`; its `elif` and `else` arms are [`Kind::Arm`]s.
    If = StmtIf,
    /// `elif` and `else` of an `if`.
    Arm = ElifElseClause,
    /// `with` and `async with`.
    With = StmtWith,
    /// One item of a `with`.
    WithItem = WithItem,
    /// `match`.
    Match = StmtMatch,
    /// `case`.
    Case = MatchCase,
    /// `raise`.
    Raise = StmtRaise,
    /// `try`.
    Try = StmtTry,
    /// `except`.
    Except = ExceptHandlerExceptHandler,
    /// `assert`.
    Assert = StmtAssert,
    /// `import` and `from .. import`.
    Import = StmtImport | StmtImportFrom,
    /// One name of an import.
    Alias = Alias,
    /// `global` and `nonlocal`.
    Outer = StmtGlobal | StmtNonlocal,
    /// An expression as a statement.
    ExprStatement = StmtExpr,
    /// `pass`, `break` and `continue`.
    Simple = StmtPass | StmtBreak | StmtContinue,
    /// `a and b`, `a or b`.
    BoolOp = ExprBoolOp,
    /// `a := b`.
    Named = ExprNamed,
    /// `a + b` and the like.
    BinOp = ExprBinOp,
    /// `not a`, `-a` and the like.
    UnaryOp = ExprUnaryOp,
    /// `lambda`.
    Lambda = ExprLambda,
    /// `a if b else c`.
    IfExpression = ExprIf,
    /// List, set and dict comprehensions and generator expressions.
    Comprehension = ExprListComp | ExprSetComp | ExprDictComp | ExprGenerator,
    /// One `for` of a comprehension, with its conditions.
    Clause = Comprehension,
    /// `await`.
    Await = ExprAwait,
    /// `yield` and `yield from`.
    Yield = ExprYield | ExprYieldFrom,
    /// `a == b`, `a in b` and the like, also chained.
    Compare = ExprCompare,
    /// A call.
    Call = ExprCall,
    /// A keyword argument.
    Keyword = Keyword,
    /// An f-string or t-string.
    FString = ExprFString | ExprTString,
    /// A string, bytes, number, boolean, `None` or `...`.
    Literal = ExprStringLiteral | ExprBytesLiteral | ExprNumberLiteral | ExprBooleanLiteral
        | ExprNoneLiteral | ExprEllipsisLiteral,
    /// `a.b`.
    Attribute = ExprAttribute,
    /// `a[b]`.
    Subscript = ExprSubscript,
    /// `a:b:c` in a subscript.
    Slice = ExprSlice,
    /// `*a`.
    Starred = ExprStarred,
    /// A name.
    Name = ExprName,
    /// `[a, b]`.
    List = ExprList,
    /// `{a, b}`.
    Set = ExprSet,
    /// `{a: b}`.
    Dict = ExprDict,
    /// `a, b`.
    Tuple = ExprTuple,
    /// `@a`.
    Decorator = Decorator,
    /// A parameter of a function or lambda.
    Parameter = Parameter,
    /// A pattern of a `case`.
    Pattern = PatternMatchValue | PatternMatchSingleton | PatternMatchSequence | PatternMatchMapping
        | PatternMatchClass | PatternMatchStar | PatternMatchAs | PatternMatchOr,
    /// Whatever else has a place in the tree.
    Other = StmtTypeAlias | StmtIpyEscapeCommand | ExprIpyEscapeCommand,
}
