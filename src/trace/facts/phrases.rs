//! Phrases by which turns give themselves away: refusals, give-ups, claims, placeholders.
//!
//! Knows English wording. Does not judge: a phrase is a signal, and which turn may say it is the rule's business.

use std::borrow::Cow;
use std::ops::Range;

use crate::facts::pattern::Pattern;
use crate::run::Turn;

/// A kind of phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phrase {
    /// Declines to do it: `I can't help with that`.
    Refusal,
    /// Says it was not to be found or done: `unable to find`, `no information available`.
    GiveUp,
    /// Says it has no access or ability.
    NoAccess,
    /// Says it is done or right: `verified`, `successfully`.
    Success,
    /// Says that code, tests or trials ran: `ran the tests`, `12 passed`.
    Executed,
    /// Says that a change was made: `has been cancelled`, `I have updated`.
    ClaimedChange,
    /// Made-up data in place of real: `mock data`, `YOUR_API_KEY`, `path/to`.
    Placeholder,
    /// Hedges: `I believe`, `typically`, `from memory`.
    Hedge,
    /// Asks for something: `could you please provide`.
    AskUser,
    /// Ends the work: `TERMINATE`, `FINAL ANSWER`.
    Terminate,
    /// Begins again: `let's start over`.
    Restart,
    /// The harness's answer to a turn without a call: `no code from the last message`.
    NoCall,
    /// A call written into prose: `<tool_call>`, `Action: search`.
    CallInProse,
    /// Quotes a rule as the reason: `per our policy`, `I am not allowed to`.
    PolicyQuoted,
    /// Code that says of its own data that it is made up: `mock data`, `fake_results = `.
    MadeUp,
}

impl Phrase {
    /// Every phrase.
    pub const ALL: [Phrase; 15] = [
        Phrase::Refusal,
        Phrase::GiveUp,
        Phrase::NoAccess,
        Phrase::Success,
        Phrase::Executed,
        Phrase::ClaimedChange,
        Phrase::Placeholder,
        Phrase::Hedge,
        Phrase::AskUser,
        Phrase::Terminate,
        Phrase::Restart,
        Phrase::NoCall,
        Phrase::CallInProse,
        Phrase::PolicyQuoted,
        Phrase::MadeUp,
    ];

    /// The first place of the phrase in `text`.
    pub fn find(self, text: &str) -> Option<Range<usize>> {
        PATTERNS[self as usize].find(text)
    }
}

static PATTERNS: [Pattern; 15] = [
    Pattern::new(concat!(
        r"(?i)\bI(?:'m|’m| am) (?:very |really |so )?(?:sorry|afraid)\b[^.!?\n]{0,60}\b(?:can(?:not|['’]t)|won['’]t|unable|not able|not permitted)\b",
        r"|\bI (?:can(?:not|['’]t)|won['’]t|will not|must decline to|have to decline to|am (?:unable|not able) to|['’]m (?:unable|not able) to) (?:help|assist|provide|fulfil+|comply|do (?:that|this)|answer|continue|complete|support|discuss|create|generate|engage|participate|share|process|proceed)\b",
        r"|\bI['’]m (?:unable|not able) to (?:help|assist|provide|fulfil+|comply|do that|continue|complete|process|proceed)\b",
        r"|\b(?:can(?:not|['’]t)|won['’]t) (?:assist|help) (?:you )?with (?:that|this)\b|\bagainst (?:my|our|the) (?:polic(?:y|ies)|guidelines)\b",
    )),
    Pattern::new(concat!(
        r"(?i)\b(?:could(?: not|n['’]t)|(?:was|were)(?: not|n['’]t) able to|(?:am|was|were|been|I['’]m) unable to|can(?:not|['’]t)) (?:be )?(?:find|found|determined?|locate[d]?|identif(?:y|ied)|confirm(?:ed)?|retrieve[d]?|access(?:ed)?|answer(?:ed)?|obtain(?:ed)?|verif(?:y|ied))\b",
        r"|\bno (?:specific |relevant |direct |clear |further |reliable |exact )?(?:information|evidence|mention|records?|results?|data|details|answer)(?: (?:was|were|is|are|could be|about|on|regarding|found|available|that))",
        r"|\b(?:insufficient|not enough) (?:information|data|evidence|context|details)\b",
        r"|\b(?:is|are|was|were) not (?:explicitly |specifically |directly )?(?:mentioned|available|provided|specified|stated|found|known)\b",
        r"|\bdoes(?: not|n['’]t) (?:mention|contain|provide|include|specify|exist|state)\b|\b(?:answer|it) is unknown\b",
    )),
    Pattern::new(concat!(
        r"(?i)\b(?:don['’]t|do not) (?:currently )?have (?:(?:direct|real-?time|the|any) )?(?:access|ability|capability|tools?|permission)\b",
        r"|\b(?:no|without) (?:direct |internet |web |real-time )access\b|\bas an AI\b|\bbeyond my (?:capabilities|ability|scope)\b",
        r"|\bI (?:can(?:not|['’]t)|am not able to|am unable to) (?:directly )?(?:access|browse|open|view|listen|execute|run|download|interact)\b",
    )),
    Pattern::new(concat!(
        r"(?i)\b(?:verified|confirmed|successfully|is correct|has been (?:completed|verified|confirmed|fixed|resolved|implemented)",
        r"|correctly (?:identified|calculated|determined|implemented)|(?:we|I) have (?:found|determined|identified|reached|completed|confirmed|verified)",
        r"|the (?:final )?answer is|(?:task|work|job) is (?:now )?(?:complete|done|finished)|all (?:tests|checks) (?:now )?pass(?:ed)?)\b",
    )),
    Pattern::new(concat!(
        r"(?i)\b(?:(?:I|we)(?:['’]ve| have)? (?:re-?)?(?:ran|run|executed|tested|simulated) (?:both|the|all|it|this|each|my|our|\d)",
        r"|collected \d+ items|\d+ passed(?: in|,|\b)|tests? (?:all )?pass(?:ed)?\b|test run result|confirmed (?:via|by) (?:running|execution|interpreter)",
        r"|all \d+ (?:trials|tests|cases|checks) pass(?:ed)?|ran [\d,]+ (?:samples|trials|iterations|tests)|simulated [\d,]+|(?:the )?output of (?:the|this|my) run)",
    )),
    Pattern::new(concat!(
        r"(?i)\b(?:(?:has|have) been|I(?:['’]ve| have)|was|were|is now) (?:now )?(?:successfully )?",
        r"(?:cancel+ed|updated|booked|modified|returned|exchanged|refunded|submitted|changed|sent|saved|written|created|deleted|removed|fixed|applied|installed|deployed|scheduled)\b",
    )),
    Pattern::new(concat!(
        r"(?i)\b(?:mock(?:ed)?[ _-]?(?:data|up|result|response|api|function|implementation|search)|simulat(?:e|ed|es|ing|ion of)\b|sample data(?:set)?|dummy|placeholder|hypothetical",
        r"|for (?:demonstration|illustration|illustrative)(?: purposes)?|example data|fictitious|made-up|synthetic data|path[/_]to[/_])",
        r"|\bYOUR_[A-Z_]{2,}|\byour[_-]api[_-]key\b|<your[ _-][\w -]{1,30}>",
    )),
    Pattern::new(concat!(
        r"(?i)\b(?:(?:I|we) (?:will |'ll )?assum(?:e|ing)|assuming|likely|probably|might be|may be|approximately|estimated?|typically|generally|general knowledge",
        r"|commonly known|I (?:believe|think|recall)|based on (?:my|general|common|prior) knowledge|from memory|as of my (?:last|knowledge))\b",
    )),
    Pattern::new(concat!(
        r"(?i)\b(?:please|could you|can you|would you|may I|could I)(?: please)? (?:provide|share|clarify|confirm|upload|specify|supply|send|tell me|let me know|have your|get your)\b",
        r"|\bwhat(?:['’]s| is| are) (?:your|the) [\w ]{2,40}\?|\bcould you (?:tell|give) me\b",
    )),
    Pattern::new(
        r"\bTERMINATE\b|(?i:\btask (?:is )?complete\b|\bfinal answer\b|<answer>|\bI will now (?:conclude|end|close)|\bconclud(?:e|es) (?:the|this) (?:task|conversation)|\bend(?:ing)? the (?:task|conversation))",
    ),
    Pattern::new(concat!(
        r"(?i)\b(?:let(?:['’]s|\s+me|\s+us)|I(?:['’]ll| will)|we(?:['’]ll| will| should)) (?:start|begin|restart) (?:over|again|afresh|from (?:scratch|the beginning))",
        r"|\bstarting (?:over|from scratch|again from)|\bstart from the beginning\b",
    )),
    Pattern::new(concat!(
        r"(?i)\bthere is no code from the last\b|\bno (?:tool|function) calls? (?:was |were )?(?:detected|found|made|present)|\bno (?:code|action|command) (?:block |blocks )?(?:was |were |to )?(?:found|detected|execute|provided|present)\b",
        r"|\bno code blocks? found\b|\byou did not (?:call|use|invoke|provide) (?:a|any) (?:tool|function|action)|\binvalid format: missing ['\x22]?action|\bcould not parse (?:the )?(?:llm output|action|tool call)|\byour (?:last )?(?:output|response|action) was not formatted correctly",
    )),
    Pattern::new(
        "<tool_call>|</?function_calls?>|<invoke name=|<\\|(?:python_tag|tool_call|plugin)\\|>|\\[TOOL_CALLS\\]|(?m:^\\s*Action Input\\s*:)|(?m:^\\s*(?:```(?:json)?\\s*)?\\{\\s*\"(?:name|tool|tool_name|function|action)\"\\s*:\\s*\"[\\w.-]+\"\\s*,\\s*\"(?:arguments|args|parameters|input|action_input|tool_input)\"\\s*:)",
    ),
    Pattern::new(concat!(
        r"(?i)\b(?:(?:per|under|according to|due to|because of|as per|based on|within) (?:(?:the|our|my|your|company|airline|store|return|refund|cancellation)\s)*(?:polic(?:y|ies)|rules?|guidelines|terms)",
        r"|(?:polic(?:y|ies)|rules?|terms) (?:do(?:es)? not|don['’]t|doesn['’]t|only|require|state|allow|prohibit|forbid)|(?:is|are|am|not) (?:not )?(?:allowed|permitted|eligible|authori[sz]ed) (?:to|for|under))\b",
    )),
    Pattern::new(concat!(
        r"(?i)\b(?:mock|dummy|fake|placeholder|simulated|made-up|hypothetical|fictitious|invented)(?:[ -](?:data(?:set)?|values?|results?|responses?|records?|rows|prices|numbers|figures|entries)\b",
        r"|_(?:data(?:set)?|values?|results?|responses?|records?|rows|prices|numbers)\s*=[^=])|\bYOUR_[A-Z_]{0,30}KEY\b|\bfor (?:demonstration|illustration)(?: purposes)?\b",
    )),
];

/// The text with everything between code fences blanked, byte for byte as long.
pub fn prose(text: &str) -> Cow<'_, str> {
    if !text.contains("```") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for (at, part) in text.split("```").enumerate() {
        if at > 0 {
            out.push_str("   ");
        }
        if at % 2 == 0 {
            out.push_str(part);
        } else {
            out.extend(std::iter::repeat_n(' ', part.len()));
        }
    }
    Cow::Owned(out)
}

/// The fenced blocks of a text: language and the bytes between the fences. A last block may lack its end.
pub fn code_blocks(text: &str) -> Vec<(&str, Range<usize>)> {
    let mut blocks = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("```") {
        let open = at + found + 3;
        let line_end = text[open..].find('\n').map_or(text.len(), |end| open + end);
        let language = text[open..line_end].trim();
        let start = (line_end + 1).min(text.len());
        let end = text[start..]
            .find("```")
            .map_or(text.len(), |end| start + end);
        if !language.contains(char::is_whitespace) && start < end {
            blocks.push((language, start..end));
        }
        at = (end + 3).min(text.len());
    }
    blocks
}

impl Turn<'_> {
    /// The first place in the turn's words, code and all, where it says `phrase`.
    pub fn says(&self, phrase: Phrase) -> Option<Range<usize>> {
        phrase.find(&self.content.text)
    }

    /// The first place in the turn's prose, outside code fences, where it says `phrase`.
    pub fn says_in_prose(&self, phrase: Phrase) -> Option<Range<usize>> {
        phrase.find(&prose(&self.content.text))
    }
}
