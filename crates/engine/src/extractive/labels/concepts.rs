//! What fields are commonly called, what pages call the same thing, and what kind of thing it is.

use std::sync::LazyLock;

use super::super::values::Kind;
use super::super::words::stem;

/// One thing that fields ask for.
#[derive(Debug)]
pub struct Concept {
    pub kind: Kind,
    /// Names, the first of them for queries: what a field, a key, a column or a heading may be called.
    pub names: &'static str,
    /// Words that state it in a sentence, beside the names. `-` says that sentences cannot state it by its
    /// name alone, because the name is an everyday word; `~` stands before words that often mean something else.
    pub says: &'static str,
}

const fn concept(kind: Kind, names: &'static str, says: &'static str) -> Concept {
    Concept { kind, names, says }
}

#[rustfmt::skip]
pub const CONCEPTS: [Concept; 110] = [
    // Settings, commands and programming interfaces.
    concept(Kind::Literal, "default|default value|default setting|initial value|preset|standard value|factory setting|out of the box", "defaults to|by default"),
    concept(Kind::Phrase, "type|data type|value type|datatype|parameter type|argument type|kind of value|variable type", "-"),
    concept(Kind::Phrase, "unit|units|unit of measurement|measured in|default unit", "taken as|in units of|measured in|expressed in|specified in"),
    concept(Kind::Literal, "minimum|min|minimum value|min value|lower limit|lower bound|lowest value|at least|smallest value", "at least|no less than|cannot be less than|must be at least|greater than"),
    concept(Kind::Literal, "maximum|max|maximum value|max value|upper limit|upper bound|highest value|limit|largest value", "at most|no more than|up to|cannot exceed|cannot be more than"),
    concept(Kind::Phrase, "range|valid range|permitted range|value range", "ranges from|between|from"),
    concept(Kind::Phrase, "allowed values|valid values|possible values|accepted values|permitted values|choices|options|values|supported values|enum", "can be one of|may be one of|valid values are|possible values are|can be|one of"),
    concept(Kind::Phrase, "compatibility|availability|compatible with", "-"),
    concept(Kind::Version, "version added|added in|new in|introduced in|since|since version|available since|first version|added|introduced|version introduced|minimum version|available from|availability|compatibility|appeared in", "new in version|added in version|introduced in|available since|available in|was added in|first appeared in|feature is available in"),
    concept(Kind::Version, "changed in|version changed|changed in version|last changed|modified in", "changed in version"),
    concept(Kind::Version, "deprecated since|deprecated in|version deprecated|deprecation version", "deprecated since version|deprecated in|deprecated as of|deprecated since"),
    concept(Kind::Version, "removed in|removal version|version removed|removed|will be removed in", "removed in version|will be removed in|was removed in|removal in"),
    concept(Kind::Version, "latest version|current version|stable version|latest release|version|current release|stable release|release", "latest release is|current version is|latest stable version"),
    concept(Kind::Boolean, "deprecated|is deprecated|obsolete|deprecation|deprecation status", "deprecated|obsolete|superseded"),
    concept(Kind::Boolean, "requires restart|restart required|needs restart|restart|server restart|requires server restart|restart needed|needs a restart|reboot required", "set at server start|at startup|only at start|restart"),
    concept(Kind::Phrase, "returns|return value|return|result value|output value|returned value|what it returns", "returns|return value is|returned value|return"),
    concept(Kind::Phrase, "return type|returned type|result type|type of the return value", "-"),
    concept(Kind::Failure, "raises|exceptions|exception|errors|error raised|throws|exception raised|raised exception|error|errors raised", "raises|raised|throws|is raised|raise"),
    concept(Kind::Phrase, "base class|superclass|parent class|base type|derived from|inherits from|extends", "subclass of|derived from|inherits from|extends"),
    concept(Kind::Phrase, "parameters|arguments|args|accepts|takes", "-"),
    concept(Kind::Phrase, "signature|synopsis|syntax|usage|prototype|declaration", "-"),
    concept(Kind::Phrase, "short option|short form|short flag|abbreviation|short name|shorthand|alias|aliases|also known as|synonym|equivalent option|other name|long form|long option|acronym", "same as|short for|alias for|synonym for|equivalent to|also known as|is an alias|stands for"),
    concept(Kind::Phrase, "context|scope|where allowed|allowed context|valid in", "-"),
    concept(Kind::Phrase, "module|package|namespace|header|include file", "-"),
    concept(Kind::Phrase, "status", "-"),
    concept(Kind::Literal, "port|default port|port number|listening port|tcp port", "listens on port|on port|port"),
    concept(Kind::Phrase, "config file|configuration file|path|file location|file path|config path|file name|filename", "stored in|located in|located at|read from"),
    concept(Kind::Phrase, "environment variable|env var|environment|env variable", "environment variable"),
    concept(Kind::Phrase, "exit status|exit code|return code", "exits with|exit status is|exit status"),
    concept(Kind::Phrase, "override|overrides|conflicts with|incompatible with", "overrides|incompatible with|cannot be used with"),
    concept(Kind::Phrase, "requires|requirements|dependencies|depends on|prerequisites|requirement", "requires|depends on"),
    concept(Kind::Phrase, "platform|platforms|operating systems|os|supported platforms|operating system", "available on|runs on|supported on"),
    concept(Kind::Phrase, "language|programming language|written in|implementation language", "written in|implemented in"),
    concept(Kind::Phrase, "license|licence|license type|licensing|licensed under", "licensed under|released under|distributed under|under the"),
    concept(Kind::Url, "source code|repository|repo|source repository|git repository|code repository|github", "source code"),
    concept(Kind::Phrase, "encoding|character set|charset", "-"),
    concept(Kind::Phrase, "algorithm|method used", "algorithm"),
    concept(Kind::Phrase, "replacement|replaced by|alternative|use instead|successor|superseded by", "use instead|replaced by|superseded by|instead|in favor of|in favour of"),
    concept(Kind::Phrase, "section|chapter|category|group", "-"),
    // What a thing is.
    concept(Kind::Sentence, "description|purpose|meaning|definition|function|overview|about|what it does|effect|short description|objective|goal|mission|summary", "-"),
    // Organisations.
    concept(Kind::Date, "founded|established|inception|founding date|foundation|incorporated|formed|founding year|year founded|established in|year of foundation|date founded|founding|incorporation|start year", "was founded|founded|established|incorporated|was formed|~since|started in|began in|set up in|opened in|was created"),
    concept(Kind::Person, "founder|founders|founded by|cofounder|co-founder|created by|creator|inventor|invented by", "founded by|co-founded by|established by|created by|invented by|started by|founder"),
    concept(Kind::Place, "headquarters|hq|head office|based in|location|headquartered|main office|seat|headquarters location|hq city|located in|place", "headquartered in|based in|headquarters|located in|head office is in|seat"),
    concept(Kind::Phrase, "address|street address|postal address|mailing address", "-"),
    concept(Kind::Place, "city|town|municipality|locality", "in the city of|based in|located in"),
    concept(Kind::Place, "country|nation|state|country of origin", "based in|located in"),
    concept(Kind::Place, "region|province|county|district|area served", "located in"),
    concept(Kind::Person, "ceo|chief executive|chief executive officer|managing director|head|general manager", "chief executive|led by|headed by|managing director"),
    concept(Kind::Person, "cto|chief technology officer|technical director", "chief technology officer"),
    concept(Kind::Person, "cfo|chief financial officer|finance director", "chief financial officer"),
    concept(Kind::Person, "chair|chairman|chairwoman|chairperson|board chair|president", "chaired by|chair|president"),
    concept(Kind::Person, "director|dean|principal|leader|mayor|minister|manager|head of", "directed by|led by|headed by"),
    concept(Kind::Number, "employees|number of employees|headcount|staff|team size|workforce|employee count|company size|staff size|people employed", "employs|employees|staff of|people work|workforce of|a team of"),
    concept(Kind::Money, "revenue|turnover|sales|annual revenue|annual sales|net sales|income", "revenue of|turnover of|sales of|revenue was|revenues|turnover"),
    concept(Kind::Money, "profit|net income|earnings|net profit|operating profit", "profit of|net income of|earned"),
    concept(Kind::Money, "funding|total funding|raised|capital raised|investment|funding amount", "raised|funding round|secured"),
    concept(Kind::Money, "valuation|market cap|market capitalization|market capitalisation", "valued at|market capitalisation of"),
    concept(Kind::Money, "price|cost|list price|fee|pricing|unit price|retail price|hourly rate|daily rate|room rate|rates|charge|admission|ticket price|annual fee", "costs|priced at|price is|sells for|fee of|starts at|available for"),
    concept(Kind::Money, "budget|annual budget", "budget of"),
    concept(Kind::Organisation, "parent company|parent|owner|owned by|parent organization|parent organisation|holding company|operator|operated by", "owned by|subsidiary of|part of|acquired by|belongs to|operated by"),
    concept(Kind::Organisation, "subsidiaries|subsidiary|brands", "owns|subsidiaries"),
    concept(Kind::Organisation, "manufacturer|maker|vendor|producer|supplier|made by|brand|company", "made by|manufactured by|produced by|built by|supplied by|developed by"),
    concept(Kind::Organisation, "publisher|published by", "published by"),
    concept(Kind::Organisation, "client|customer|customers|clients", "customers include|clients include"),
    concept(Kind::Organisation, "affiliation|employer|institution|university|organisation|organization|school", "works at|professor at|member of"),
    concept(Kind::Phrase, "industry|sector|business|field|line of business|domain of activity|specialty|speciality|market", "specialises in|specializes in|operates in"),
    concept(Kind::Phrase, "products|services|product|offerings|main products|services offered", "makes|manufactures|produces|offers|provides|sells"),
    concept(Kind::Phrase, "legal form|company type|legal name|registered name|legal entity", "-"),
    concept(Kind::Phrase, "registration number|company number|vat number|tax id|register number|vat id", "registered under|registration number"),
    concept(Kind::Phrase, "ticker|stock symbol|ticker symbol|symbol|stock exchange|exchange", "traded as|listed on|trades under"),
    concept(Kind::Url, "website|homepage|url|web site|site|web|home page|link|web address|web page", "website|visit"),
    concept(Kind::Email, "email|e-mail|contact email|mail|email address|contact", "email|write to|contact"),
    concept(Kind::Phone, "phone|telephone|phone number|tel|fax|telephone number", "call|phone|tel"),
    concept(Kind::Phrase, "opening hours|hours|business hours|open|opening times", "open from|open daily|open"),
    // People and works.
    concept(Kind::Date, "born|birth date|date of birth|birthdate|birthday|birth year|birth", "was born|born"),
    concept(Kind::Date, "died|death date|date of death|death", "died|passed away"),
    concept(Kind::Place, "birthplace|place of birth|birth place|born in", "born in"),
    concept(Kind::Phrase, "nationality|citizenship", "-"),
    concept(Kind::Phrase, "occupation|profession|job|job title|position|role|title", "works as|serves as"),
    concept(Kind::Person, "author|authors|written by|writer|by", "written by|author is|authored by|author"),
    concept(Kind::Person, "maintainer|maintained by|contact person|responsible", "maintained by|maintainer"),
    concept(Kind::Person, "editor|translator|illustrator|architect|designer|designed by|developer|developed by", "edited by|designed by|developed by|built by"),
    concept(Kind::Date, "published|publication date|date published|published on|pub date|date|issued|release date|released|launch date|launched|launch|first release|initial release|release year|issue date|first released|first published|posted", "was released|released on|published on|launched in|released in|published in|came out|first released|launched|released"),
    concept(Kind::Date, "updated|last updated|modified|last modified|date modified|revision date|last change", "last updated|updated on|last modified"),
    concept(Kind::Date, "deadline|due date|end date|expiry date|expires|end of life|eol|closing date|end of support|support ends|valid until", "until|ends on|expires on|by|support ends|end of life|supported until|closes"),
    concept(Kind::Date, "start date|starts|begin date|begins|opening date|opened|opening|commissioned|completed|built|construction|completion date|commissioning|year built|year opened", "opened in|begins on|starts on|was built in|was completed in|opened on|was opened|completed in|entered service"),
    concept(Kind::Phrase, "isbn|issn|doi|identifier|id|sku|model number|part number|product code|article number|serial number|model", "-"),
    concept(Kind::Number, "pages|page count|number of pages", "pages"),
    concept(Kind::Phrase, "genre|subject|topic|keywords|tags", "-"),
    concept(Kind::Organisation, "journal|venue|conference", "published in|presented at|appeared in"),
    // Quantities.
    concept(Kind::Number, "population|inhabitants|residents", "population of|inhabitants|is home to"),
    concept(Kind::Number, "area|surface area|land area|surface|floor area", "covers an area|area of|covers"),
    concept(Kind::Number, "height|elevation|altitude|tall", "metres high|height of|stands|tall|elevation of|high"),
    concept(Kind::Number, "length|long|distance", "long|length of|runs for"),
    concept(Kind::Number, "width|breadth|wide|diameter|span", "wide|diameter of|span of"),
    concept(Kind::Number, "depth|maximum depth|deep", "deep|depth of"),
    concept(Kind::Number, "weight|mass|net weight|gross weight", "weighs|weight of|weighing"),
    concept(Kind::Number, "capacity|storage|memory|ram|size|volume|seats|seating capacity", "capacity of|holds|stores up to|can hold|seats|accommodates"),
    concept(Kind::Number, "power|power consumption|output|rated power|wattage", "consumes|draws|rated at|generates|power of|produces"),
    concept(Kind::Number, "speed|maximum speed|top speed|throughput", "speed of|up to"),
    concept(Kind::Number, "flow rate|flow|flow capacity|delivery rate|discharge", "flow rate of|flow of|pumps up to"),
    concept(Kind::Number, "temperature|operating temperature", "temperature of"),
    concept(Kind::Number, "battery life|battery|runtime", "battery lasts|battery life of|lasts"),
    concept(Kind::Number, "duration|timeout|time|length of time|warranty|warranty period|term|interval|retention", "lasts|takes|warranty of|guaranteed for|for a period of"),
    concept(Kind::Number, "members|member count|number of members|users|number of users|students|enrolment|enrollment|visitors|customers count|subscribers", "members|users|students enrolled|visitors"),
    concept(Kind::Percent, "share|percentage|market share|growth|growth rate|interest rate|stake|margin", "grew by|share of|rate of|per cent of|rose by|increased by|fell by"),
    concept(Kind::Phrase, "material|materials|ingredients|composition|made of|made from", "made of|made from|consists of|contains"),
    concept(Kind::Phrase, "colour|color|finish", "-"),
    concept(Kind::Phrase, "dimensions|measurements", "measures"),
    concept(Kind::Phrase, "currency|capital|official language|time zone|religion|motto", "-"),
];

/// A concept and its names as stems.
type Named = (&'static Concept, Vec<Vec<String>>);

/// The concepts with their names as stems.
static STEMMED: LazyLock<Vec<Named>> = LazyLock::new(|| {
    let stems = |name: &str| name.split_whitespace().map(stem).collect();
    CONCEPTS
        .iter()
        .map(|concept| (concept, concept.names.split('|').map(stems).collect()))
        .collect()
});

/// The concept that a field's name is one of the names of.
pub(super) fn concept_of(
    whole: &str,
    core: &str,
    suits: &dyn Fn(&Concept) -> bool,
) -> Option<&'static Concept> {
    // “published” and “publisher” have one stem, and are a day and a house: the exact name first.
    let exactly = |phrase: &str| {
        CONCEPTS
            .iter()
            .find(|concept| suits(concept) && concept.names.split('|').any(|name| name == phrase))
    };
    let stemmed = |phrase: &str| {
        let wanted: Vec<String> = phrase.split_whitespace().map(stem).collect();
        STEMMED
            .iter()
            .filter(|(concept, _)| suits(concept))
            .find(|(_, names)| names.contains(&wanted))
            .map(|(concept, _)| *concept)
    };
    let named = |phrase: &str| exactly(phrase).or_else(|| stemmed(phrase));
    // `founded` and `year`: the rest of the name may be in any order.
    // `new_in_version` is a turn of phrase that sentences use.
    let turned = CONCEPTS.iter().find(|concept| {
        suits(concept) && whole.contains(' ') && concept.says.split('|').any(|turn| turn == whole)
    });
    named(whole).or(turned).or_else(|| named(core)).or_else(|| longest_within(core, suits))
}

/// The concept whose longest name stands inside a phrase.
pub(super) fn longest_within(
    phrase: &str,
    suits: &dyn Fn(&Concept) -> bool,
) -> Option<&'static Concept> {
    let wanted: Vec<String> = phrase.split_whitespace().map(stem).collect();
    let mut best: Option<(usize, &'static Concept)> = None;
    for (concept, names) in STEMMED.iter().filter(|(concept, _)| suits(concept)) {
        for stems in names {
            let is_said = wanted.windows(stems.len()).any(|window| window == stems.as_slice());
            // A one-word name inside a longer phrase must be its head: “default port” is a port,
            // “port of registry” is not.
            let is_head = stems.len() > 1 || wanted.len() <= 1 || wanted.last() == stems.first();
            if is_said && is_head && best.is_none_or(|(length, _)| stems.len() > length) {
                best = Some((stems.len(), concept));
            }
        }
    }
    best.map(|(_, concept)| concept)
}
