//! Who gets a part of a fee.

/// The ten roles, in the order in which a split names them and ties are broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The network's operator, an address that governance sets.
    Platform,
    /// Owners of the datanets whose contributions were paid.
    DatanetOwner,
    /// Owner of the model that answered.
    ModelOwner,
    /// Owner of the model from which that one was trained.
    BaseModelOwner,
    /// Owner of the adapter, if the receipt went through one.
    AdapterOwner,
    /// The serving operator.
    Operator,
    /// Those staked on the operator.
    Stakers,
    /// Those who voted on the contributions that were paid.
    Validators,
    /// Those whose data influenced the answer.
    Contributors,
    /// The reserve, from which corrections are paid.
    Reserve,
}

impl Role {
    /// Number of roles.
    pub const COUNT: usize = 10;

    /// Every role, in order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Platform,
        Self::DatanetOwner,
        Self::ModelOwner,
        Self::BaseModelOwner,
        Self::AdapterOwner,
        Self::Operator,
        Self::Stakers,
        Self::Validators,
        Self::Contributors,
        Self::Reserve,
    ];

    /// The role's name in tables and views.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::DatanetOwner => "datanet_owner",
            Self::ModelOwner => "model_owner",
            Self::BaseModelOwner => "base_model_owner",
            Self::AdapterOwner => "adapter_owner",
            Self::Operator => "operator",
            Self::Stakers => "stakers",
            Self::Validators => "validators",
            Self::Contributors => "contributors",
            Self::Reserve => "reserve",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}
